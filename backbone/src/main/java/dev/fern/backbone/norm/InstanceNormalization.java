package dev.fern.backbone.norm;

/**
 * Instance Normalization (Ulyanov et al., 2016): Group Normalization with a group a channel. A map
 * of 1x1 is its own mean, so that nothing but beta is left of it.
 *
 * @param activation what follows
 */
public record InstanceNormalization(Activation activation) implements MomentNormalization {

    @Override
    public String name() {
        return nameOf("in");
    }

    @Override
    public MomentNormBlock momentNorm(int channels) {
        return new GroupNormBlock(channels, channels);
    }
}
