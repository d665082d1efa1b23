/**
 * What COCO files mean where programs write them in their own way: names of image files as URLs or
 * with the folders of another machine, masks without boxes, boxes in other units than COCO's. It
 * knows numbers, names and files, not data sets.
 */
package dev.fern.cocoeval.variant;
