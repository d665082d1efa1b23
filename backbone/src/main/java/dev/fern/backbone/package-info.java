/**
 * Convolutional networks on the Deep Java Library (DJL). A {@link dev.fern.backbone.Backbone} turns
 * images into feature maps. Package {@code resnet} has the residual networks, {@code fpn} the
 * pyramid over their maps and {@code classification} the head and loss of a classifier; {@code
 * norm} has the normalisers and {@code parameter} the names, values and files of parameters.
 * Package {@code host} is the bridge to the engines, and {@code loop} has loops over arrays in host
 * memory.
 */
package dev.fern.backbone;
