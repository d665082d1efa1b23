/**
 * Files that survive a crash: folders that are replaced whole or not at all, their checksums, and
 * text whose encoding is checked. This package knows nothing of what the files hold.
 */
package dev.fern.detection.files;
