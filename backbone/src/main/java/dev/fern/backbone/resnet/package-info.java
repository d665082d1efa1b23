/**
 * Residual networks: images in, the feature maps C2 to C5 out. {@link
 * dev.fern.backbone.resnet.ResNetConfiguration} says version, depth, widths and normalisation.
 */
package dev.fern.backbone.resnet;
