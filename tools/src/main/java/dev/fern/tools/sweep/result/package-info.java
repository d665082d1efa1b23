/**
 * What a sweep came to, and its pages. {@link dev.fern.tools.sweep.result.SweepResults} holds all
 * that tables, plots and pages show. {@link dev.fern.tools.sweep.result.ResultsJson} writes it to
 * {@code results.json} and reads it again, so that the pages can be made anew from that file alone.
 */
package dev.fern.tools.sweep.result;
