/** The feature pyramid: backbone maps in, five maps of equal channels out. */
package dev.fern.backbone.fpn;
