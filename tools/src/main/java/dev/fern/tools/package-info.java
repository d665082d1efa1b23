/**
 * The command line. {@link dev.fern.tools.Fern} parses the arguments and reports errors; one class
 * per command does the rest with the libraries below. Results go to standard output, progress and
 * log to standard error.
 */
package dev.fern.tools;
