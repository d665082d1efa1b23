/**
 * {@code fern serve}: model directories come in, and are served by HTTP until the process is told
 * to end.
 */
package dev.fern.tools.serve;
