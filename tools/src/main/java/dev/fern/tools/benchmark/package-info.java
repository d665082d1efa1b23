/** Measures how fast Fern is on made-up input, as tables and JSON. */
package dev.fern.tools.benchmark;
