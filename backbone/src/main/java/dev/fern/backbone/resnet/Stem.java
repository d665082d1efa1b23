package dev.fern.backbone.resnet;

import java.util.List;

/** The layers before the stages of a ResNet. */
public enum Stem {
    /** A 7x7 convolution of stride 2, then 3x3 max pooling of stride 2: for photographs. */
    IMAGENET("imagenet", 7, 2, true),
    /** A 3x3 convolution of stride 1: for images of about 32x32 pixels. */
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

    /** {@return the name that configurations use} */
    public String id() {
        return id;
    }

    /** {@return the side of the convolution's kernel} */
    int kernel() {
        return kernel;
    }

    /** {@return the stride of the convolution} */
    int stride() {
        return stride;
    }

    /** {@return whether max pooling follows} */
    boolean pooled() {
        return pooled;
    }

    /**
     * {@return the stem of a name}
     *
     * @param id {@code imagenet} or {@code cifar}
     * @throws IllegalArgumentException if there is none of this name; the message has the known
     *     ones
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
