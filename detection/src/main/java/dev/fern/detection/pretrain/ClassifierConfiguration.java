package dev.fern.detection.pretrain;

import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.settings.Unwrapped;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;

/**
 * All that a classifier is beside its parameters: the content of its {@code model.json}.
 *
 * @param kind {@link #KIND}, by which the file is told from a detector's
 * @param version of this format; 1
 * @param backbone the network below the head
 * @param classes what it tells apart, in the order of its logits; at least two
 * @param input what it sees of an image
 * @param normalization what is done to pixels
 */
public record ClassifierConfiguration(
        String kind,
        int version,
        ResNetConfiguration backbone,
        List<String> classes,
        @Unwrapped ClassifierInput input,
        PixelNormalization normalization) {

    /** The {@link #kind} of a classifier. */
    public static final String KIND = ModelDirectory.CLASSIFIER_KIND;

    /** The version that this code writes and reads. */
    public static final int VERSION = 1;

    /** Checks that nothing is missing, the version is known and no class comes twice. */
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
        if (classes.size() < 2) {
            throw new IllegalArgumentException("a classifier needs two classes");
        }
        if (new HashSet<>(classes).size() < classes.size()) {
            throw new IllegalArgumentException("two classes have one name");
        }
    }

    /** A configuration of the present format. */
    public ClassifierConfiguration(
            ResNetConfiguration backbone,
            List<String> classes,
            ClassifierInput input,
            PixelNormalization normalization) {
        this(KIND, VERSION, backbone, classes, input, normalization);
    }
}
