/**
 * How normalisers by mean and variance standardise a map, whatever the layout of its memory: which
 * rows share their statistics, and what becomes of these.
 */
package dev.fern.backbone.moment;
