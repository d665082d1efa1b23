package dev.fern.detection.pretrain;

import dev.fern.backbone.resnet.Stem;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.model.BackboneArchitecture;
import dev.fern.detection.model.ModelDirectory;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;

/**
 * All that a classifier is beside its parameters: the content of its {@code model.json}.
 *
 * @param kind {@link #KIND}, by which the file is told from a detector's
 * @param version of this format; 1
 * @param backbone the network below the head
 * @param classes what it tells apart, in the order of its logits
 * @param inputSize side of its square input in pixels
 * @param evaluationCrop side of the middle square of an image that it looks at, as a part of the
 *     image's shorter side
 * @param normalization what is done to pixels
 */
public record ClassifierConfiguration(
        String kind,
        int version,
        BackboneArchitecture backbone,
        List<String> classes,
        int inputSize,
        double evaluationCrop,
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
        Objects.requireNonNull(normalization, "normalization");
        classes = List.copyOf(classes);
        if (classes.size() < 2) {
            throw new IllegalArgumentException("a classifier needs two classes");
        }
        if (new HashSet<>(classes).size() < classes.size()) {
            throw new IllegalArgumentException("two classes have one name");
        }
        if (inputSize < 1) {
            throw new IllegalArgumentException("an input of " + inputSize + " pixels");
        }
        if (!(evaluationCrop > 0 && evaluationCrop <= 1)) {
            throw new IllegalArgumentException(
                    "evaluation crop " + evaluationCrop + " (above 0, to 1)");
        }
    }

    /** A configuration of the present format. */
    public ClassifierConfiguration(
            BackboneArchitecture backbone,
            List<String> classes,
            int inputSize,
            double evaluationCrop,
            PixelNormalization normalization) {
        this(KIND, VERSION, backbone, classes, inputSize, evaluationCrop, normalization);
    }

    /**
     * Checks that the network's arrays for a batch have less than 2^31 bytes, as engines and Java's
     * buffers want it.
     *
     * @throws IllegalArgumentException saying what to lower
     */
    public void requireFit(int batchSize) {
        double floats = (double) batchSize * inputSize * inputSize * floatsPerPixel();
        if (floats > (double) Integer.MAX_VALUE / Float.BYTES) {
            throw new IllegalArgumentException(
                    String.format(
                            "%d inputs of %d x %d pixels are too much for one batch of this"
                                    + " network; lower the batch size or the input size",
                            batchSize, inputSize, inputSize));
        }
    }

    /** Floats of the largest array by pixel of the input: input, or the output of a stage. */
    private double floatsPerPixel() {
        boolean small = backbone.stem().equals(Stem.CIFAR.id());
        double most = Math.max(3, backbone.stemWidth() / (small ? 1.0 : 4));
        for (int stage = 0; stage < backbone.widths().size(); stage++) {
            double pixels = Math.pow(4, stage + (small ? 0 : 2));
            most = Math.max(most, backbone.configuration().outputChannels(stage) / pixels);
        }
        return most;
    }
}
