/**
 * Keypoints of people, or of whatever else has any, and how alike two sets of them are:
 * pycocotools' {@code computeOks}.
 */
package dev.fern.cocoeval.keypoint;
