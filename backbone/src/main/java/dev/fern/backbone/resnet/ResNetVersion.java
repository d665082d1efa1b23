package dev.fern.backbone.resnet;

/** Where a ResNet's residual blocks have their norms and activations. */
public enum ResNetVersion {
    /** After the convolutions, and the last activation after the addition (CVPR 2016). */
    V1,
    /** Before the convolutions, and nothing after the addition (ECCV 2016). */
    V2
}
