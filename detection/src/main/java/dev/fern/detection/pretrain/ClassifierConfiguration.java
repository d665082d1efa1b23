package dev.fern.detection.pretrain;

import dev.fern.backbone.BackboneConfiguration;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.model.AnyBackbone;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.settings.Unwrapped;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;

/**
 * All that a classifier is besides its parameters: the content of its {@code model.json}.
 *
 * @param kind {@link #KIND}, which tells the file from a detector's
 * @param version version of the file format, {@value #VERSION}
 * @param backbone the network below the head
 * @param classes what the classifier tells apart, in the order of its logits; empty for a backbone
 *     without a head, which only a detector can start from
 * @param input what the network sees of an image
 * @param normalization maps pixel values to network input
 */
public record ClassifierConfiguration(
        String kind,
        int version,
        @AnyBackbone BackboneConfiguration backbone,
        List<String> classes,
        @Unwrapped ClassifierInput input,
        PixelNormalization normalization) {

    /** The {@link #kind} of a classifier. */
    public static final String KIND = ModelDirectory.CLASSIFIER_KIND;

    /** The version that this code writes and reads. */
    public static final int VERSION = 1;

    /**
     * Checks that the parts make a classifier.
     *
     * @param kind {@link #KIND}
     * @param version {@value #VERSION}
     * @param backbone not null
     * @param classes at least two, all of different names, or none
     * @param input not null
     * @param normalization not null
     * @throws IllegalArgumentException if kind or version is another one, or if the classes can't
     *     be used
     * @throws NullPointerException if a part is missing
     */
    public ClassifierConfiguration {
        if (!kind.equals(KIND)) {
            throw new IllegalArgumentException("it holds a " + kind + ", not a " + KIND);
        }
        if (version != VERSION) {
            throw new IllegalArgumentException(
                    "format version " + version + " is unknown; this Fern reads " + VERSION);
        }
        Objects.requireNonNull(backbone, "backbone");
        Objects.requireNonNull(input, "input");
        Objects.requireNonNull(normalization, "normalization");
        classes = List.copyOf(classes);
        if (classes.size() == 1) {
            throw new IllegalArgumentException("a classifier needs at least two classes");
        }
        if (new HashSet<>(classes).size() < classes.size()) {
            throw new IllegalArgumentException("two classes have one name");
        }
    }

    /**
     * Makes a configuration of today's format.
     *
     * @param backbone not null
     * @param classes at least two, all of different names, in the order of the logits, or none
     * @param input not null
     * @param normalization not null
     * @throws IllegalArgumentException if the classes can't be used
     */
    public ClassifierConfiguration(
            BackboneConfiguration backbone,
            List<String> classes,
            ClassifierInput input,
            PixelNormalization normalization) {
        this(KIND, VERSION, backbone, classes, input, normalization);
    }
}
