/**
 * {@code fern detect}: runs a model on images, prints and draws the objects that it finds, and
 * writes them as a COCO results file.
 */
package dev.fern.tools.detect;
