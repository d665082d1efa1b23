/**
 * How good a detector is on labelled images. Its categories are matched with those of the data by
 * name, it detects in every image, and COCO's evaluation of what it found comes out.
 */
package dev.fern.detection.evaluate;
