/**
 * Loops over arrays in host memory: rows shared out among the cores, accurate sums, and large
 * arrays gone through in pieces. It knows no engine.
 */
package dev.fern.backbone.loop;
