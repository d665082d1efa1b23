/**
 * {@code fern evaluate} and {@code fern compare}: COCO's numbers of results files and of models,
 * what is behind them, and whether one results file beats another.
 */
package dev.fern.tools.evaluate;
