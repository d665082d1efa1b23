/**
 * The floor that all commands stand on: exit statuses and errors, output files, progress, options
 * that several commands share, and what is known of the process and the machine. No command is
 * known here.
 */
package dev.fern.tools.console;
