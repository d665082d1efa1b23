package dev.fern.backbone.resnet;

/** Says where a ResNet's residual blocks have their norms and activations. */
public enum ResNetVersion {
    /**
     * Norm and activation come after each convolution, the last activation after the addition (He
     * et al., CVPR 2016).
     */
    V1,
    /**
     * Norm and activation come before each convolution, and nothing follows the addition (He et
     * al., ECCV 2016).
     */
    V2
}
