/**
 * A run's folder as a person looks at it: what was recorded about the run, its history and curves,
 * and {@code fern report}, which makes one page of it.
 */
package dev.fern.tools.run;
