package dev.fern.backbone.resnet;

import java.util.List;

/** The depths of table 1 of He et al. (CVPR 2016), in both versions. */
public enum ResNetDepth {
    /** 18 layers of basic blocks. */
    RESNET18("resnet18", ResNetVersion.V1, false, List.of(2, 2, 2, 2)),
    /** 34 layers of basic blocks. */
    RESNET34("resnet34", ResNetVersion.V1, false, List.of(3, 4, 6, 3)),
    /** 50 layers of bottlenecks. */
    RESNET50("resnet50", ResNetVersion.V1, true, List.of(3, 4, 6, 3)),
    /** 101 layers of bottlenecks. */
    RESNET101("resnet101", ResNetVersion.V1, true, List.of(3, 4, 23, 3)),
    /** 152 layers of bottlenecks. */
    RESNET152("resnet152", ResNetVersion.V1, true, List.of(3, 8, 36, 3)),
    /** 18 layers of basic blocks with pre-activation. */
    RESNET18V2(RESNET18),
    /** 34 layers of basic blocks with pre-activation. */
    RESNET34V2(RESNET34),
    /** 50 layers of bottlenecks with pre-activation. */
    RESNET50V2(RESNET50),
    /** 101 layers of bottlenecks with pre-activation. */
    RESNET101V2(RESNET101),
    /** 152 layers of bottlenecks with pre-activation. */
    RESNET152V2(RESNET152);

    private final String id;
    private final ResNetVersion version;
    private final boolean bottleneck;
    private final List<Integer> blocks;

    ResNetDepth(String id, ResNetVersion version, boolean bottleneck, List<Integer> blocks) {
        this.id = id;
        this.version = version;
        this.bottleneck = bottleneck;
        this.blocks = blocks;
    }

    /** Makes the same depth in version 2. */
    ResNetDepth(ResNetDepth other) {
        this(other.id + "v2", ResNetVersion.V2, other.bottleneck, other.blocks);
    }

    /**
     * {@return the name that configurations use: torchvision's, with {@code v2} behind it for
     * version 2}
     */
    public String id() {
        return id;
    }

    /** {@return the version, which says where the blocks have their norms and activations} */
    public ResNetVersion version() {
        return version;
    }

    /** {@return whether the blocks are bottlenecks (1x1, 3x3, 1x1) or basic (3x3, 3x3)} */
    public boolean bottleneck() {
        return bottleneck;
    }

    /** {@return the number of blocks of each of the four stages, C2's first} */
    public List<Integer> blocks() {
        return blocks;
    }

    /**
     * {@return the depth of a name}
     *
     * @param id such as {@code resnet50} or {@code resnet50v2}
     * @throws IllegalArgumentException if there is none of this name; the message has the known
     *     ones
     */
    public static ResNetDepth parse(String id) {
        for (ResNetDepth depth : values()) {
            if (depth.id.equals(id)) {
                return depth;
            }
        }
        throw new IllegalArgumentException(
                "unknown backbone '"
                        + id
                        + "': use one of "
                        + List.of(values()).stream().map(ResNetDepth::id).toList());
    }
}
