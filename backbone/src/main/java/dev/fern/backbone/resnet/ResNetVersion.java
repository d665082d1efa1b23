package dev.fern.backbone.resnet;

/** Says where a ResNet's residual blocks have their norms and activations. */
public enum ResNetVersion {
    /**
     * Norm and activation come after each convolution, the last activation after the addition (He
     * et al., CVPR 2016). A bottleneck's stride is that of its 3x3 convolution, as torchvision has
     * it (also called V1.5).
     */
    V1,
    /**
     * As {@link #V1}, but a bottleneck's stride is that of its first 1x1 convolution, as in the
     * paper, in Caffe's weights and in detectron2's models that start from them.
     */
    V1_STRIDE_IN_1X1,
    /**
     * Norm and activation come before each convolution, and nothing follows the addition (He et
     * al., ECCV 2016).
     */
    V2
}
