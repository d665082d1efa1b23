/**
 * Measures on a detector and images whether what is found in an image and what is learned from it
 * depend on the images that share its batch. In go a detector, its loss and planned batches; out
 * comes a number for each {@link dev.fern.detection.verify.BatchLeak place where a batch can leak}.
 */
package dev.fern.detection.verify;
