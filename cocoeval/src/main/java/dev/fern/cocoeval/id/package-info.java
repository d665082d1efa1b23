/**
 * Ids as files write them: mostly integers, but pycocotools takes strings, fractions and null too,
 * and orders them as Python does.
 */
package dev.fern.cocoeval.id;
