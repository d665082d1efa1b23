package dev.fern.backbone.resnet;

import java.util.List;

/** What comes before the stages of a ResNet. */
public enum Stem {
    /** A 7x7 convolution of stride 2, then 3x3 max pooling of stride 2: for photographs. */
    IMAGENET("imagenet", 7, 2, true),
    /** A 3x3 convolution of stride 1: for images of some 32 pixels. */
    CIFAR("cifar", 3, 1, false);

    private final String id;
    private final int kernel;
    private final int stride;
    private final boolean pooled;

    Stem(String id, int kernel, int stride, boolean pooled) {
        this.id = id;
        this.kernel = kernel;
        this.stride = stride;
        this.pooled = pooled;
    }

    /** Returns the name used in configurations. */
    public String id() {
        return id;
    }

    /** Returns the side of the convolution's kernel. */
    int kernel() {
        return kernel;
    }

    /** Returns the stride of the convolution. */
    int stride() {
        return stride;
    }

    /** Returns whether max pooling follows. */
    boolean pooled() {
        return pooled;
    }

    /**
     * Returns the stem of that name.
     *
     * @throws IllegalArgumentException naming the known ones if there is none
     */
    public static Stem parse(String id) {
        List<Stem> all = List.of(values());
        return all.stream()
                .filter(stem -> stem.id.equals(id))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "unknown stem '"
                                                + id
                                                + "': use one of "
                                                + all.stream().map(Stem::id).toList()));
    }
}
