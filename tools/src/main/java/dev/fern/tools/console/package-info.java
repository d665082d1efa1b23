/**
 * The floor that all commands stand on: exit statuses and errors, output files, progress, and what
 * is known of the process and the machine. This package knows no command.
 */
package dev.fern.tools.console;
