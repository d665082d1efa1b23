package dev.fern.backbone;

import dev.fern.backbone.norm.Normalization;
import java.util.List;
import java.util.Optional;

/** What a {@link Backbone} is built from, and what can be said of it before it is built. */
public interface BackboneConfiguration {

    /** {@return a new network, whose parameters are initialised later} */
    Backbone newBackbone();

    /** {@return the normaliser and activation of every block} */
    Normalization norm();

    /**
     * {@return the same network with another normaliser}
     *
     * @param other normaliser and activation of every block
     */
    BackboneConfiguration withNorm(Normalization other);

    /** {@return channels and strides of the outputs, the finest map first} */
    List<FeatureMap> maps();

    /** {@return in how many stages the network can be frozen, counted from the input} */
    int stages();

    /** {@return how many floats the largest map of the network has per pixel of the image} */
    double floatsPerPixel();

    /**
     * Returns whether parameters of another network can be used in this one.
     *
     * @param other what the other network was built from
     * @return empty if they can; else what keeps the networks apart, a phrase that says first what
     *     this one is
     */
    Optional<String> mismatch(BackboneConfiguration other);
}
