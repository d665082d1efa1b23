/**
 * Masks of objects as runs of pixels, with the arithmetic of pycocotools' {@code maskApi.c}. {@link
 * dev.fern.cocoeval.mask.Segmentation} is what a file holds, in whichever form; drawn for the size
 * of an image it becomes an {@link dev.fern.cocoeval.mask.Rle}, which knows area, box and overlaps.
 */
package dev.fern.cocoeval.mask;
