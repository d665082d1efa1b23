/**
 * Residual networks: images come in, and the feature maps C2 to C5 go out. A {@link
 * dev.fern.backbone.resnet.ResNetConfiguration} says version, depth, widths, stem and normaliser of
 * a {@link dev.fern.backbone.resnet.ResNet}.
 */
package dev.fern.backbone.resnet;
