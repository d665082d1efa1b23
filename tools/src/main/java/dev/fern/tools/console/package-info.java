/**
 * The floor that all commands stand on: exit statuses and errors, output files, what is said on
 * standard error and how a terminal shows it, the sections of helps, and what is known of the
 * process and the machine. This package knows no command.
 */
package dev.fern.tools.console;
