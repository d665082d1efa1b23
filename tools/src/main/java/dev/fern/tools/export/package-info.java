/**
 * {@code fern export}: a model directory comes in, a file for another program's runtime goes out.
 */
package dev.fern.tools.export;
