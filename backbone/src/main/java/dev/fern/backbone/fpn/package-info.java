/**
 * The feature pyramid: the backbone's maps C3 to C5 come in, and the maps P3 to P7, with as many
 * channels each, go out.
 */
package dev.fern.backbone.fpn;
