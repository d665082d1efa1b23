/** Sums, orders and least values with the rounding, ties and NaN of numpy and of C. */
package dev.fern.cocoeval.numpy;
