/**
 * Measures on a detector and images whether what is found in an image and what is learned from it
 * depend on the images that share its batch. A detector, its loss and planned batches come in; a
 * number for each {@link dev.fern.detection.verify.BatchLeak place where a batch can leak} goes
 * out.
 */
package dev.fern.detection.verify;
