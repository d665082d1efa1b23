package dev.fern.tools.detect;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.model.PostProcessing;
import dev.fern.detection.model.Tiling;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/** The options that say what is detected, and how. */
@OptionSection(Section.DETECTION)
public final class DetectionOptions {

    private static final double DEFAULT_SCORE = 0.3;

    /** Average precision counts what a detector is unsure of; references keep scores above this. */
    private static final double EVALUATION_SCORE = 0.05;

    private static final double DEFAULT_OVERLAP = 0.2;

    @Option(
            names = "--score-threshold",
            paramLabel = "X",
            description = "Report only objects with a score above this, 0 to 1. Default: 0.3.")
    private Double scoreThreshold;

    @Option(
            names = "--classes",
            paramLabel = "NAME,...",
            description = "Report only objects of these categories.")
    private List<String> classes = List.of();

    @Option(
            names = "--max-detections",
            paramLabel = "N",
            description =
                    "Report at most this many objects of each image, those with the highest scores."
                            + " Default: the model's.")
    private Integer maxDetections;

    @Option(
            names = "--nms-iou",
            paramLabel = "X",
            description =
                    "Where two boxes of one category overlap more than this (intersection over"
                            + " union, 0 to 1), report only the one with the higher score. Default:"
                            + " the model's.")
    private Double nmsIou;

    @Option(
            names = "--tile",
            paramLabel = "N",
            description =
                    "Detect small objects in large images: cut each image into tiles with sides of"
                            + " N pixels, and detect in each tile as well as in the whole image.")
    private Integer tile;

    @Option(
            names = "--overlap",
            paramLabel = "X",
            description =
                    "Part of a tile that the next one shares, 0 to 0.9; should be larger than the"
                            + " small objects. Default: 0.2.")
    private Double overlap;

    /**
     * Checks what does not depend on the model.
     *
     * @throws BadInputException naming the option that is out of range
     */
    public void requireValid() throws BadInputException {
        requireFraction("--score-threshold", scoreThreshold);
        requireFraction("--nms-iou", nmsIou);
        if (maxDetections != null && maxDetections < 1) {
            throw new BadInputException(
                    "--max-detections must be at least 1, not " + maxDetections);
        }
        if (overlap != null && tile == null) {
            throw new BadInputException("--overlap needs --tile");
        }
        tiling();
    }

    private static void requireFraction(String option, Double value) throws BadInputException {
        if (value != null && !(value >= 0 && value <= 1)) {
            throw new BadInputException(option + " must be 0 to 1, not " + value);
        }
    }

    /** Returns the tiles, if they are asked for. */
    Optional<Tiling> tiling() throws BadInputException {
        if (tile == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Tiling(tile, overlap == null ? DEFAULT_OVERLAP : overlap));
        } catch (IllegalArgumentException e) {
            throw new BadInputException("--tile, --overlap: " + e.getMessage(), e);
        }
    }

    /** {@return the score above which objects are reported} */
    public double scoreThreshold() {
        return scoreThreshold == null ? DEFAULT_SCORE : scoreThreshold;
    }

    /**
     * {@return the model's post-processing with what the options change}
     *
     * @param own the model's
     */
    public PostProcessing applyTo(PostProcessing own) {
        PostProcessing changed = own.withScoreThreshold(scoreThreshold());
        if (nmsIou != null) {
            changed = changed.withNmsIou(nmsIou);
        }
        if (!classes.isEmpty()) {
            // The filter chooses among all; else other categories would take the places.
            return changed.withMaxDetections(Integer.MAX_VALUE);
        }
        return maxDetections == null ? changed : changed.withMaxDetections(maxDetections);
    }

    /**
     * {@return positions of the categories that are kept}
     *
     * @param categories the model's
     * @throws BadInputException naming one that the model lacks
     */
    public Set<Integer> categories(List<CocoCategory> categories) throws BadInputException {
        return filter(categories).wanted();
    }

    /** Returns which categories are kept. */
    CategoryFilter filter(List<CocoCategory> categories) throws BadInputException {
        return classes.isEmpty()
                ? CategoryFilter.all(categories)
                : CategoryFilter.of(classes, categories);
    }

    /**
     * {@return how many objects of an image are reported at most: with tiles, which the model's own
     * number is not meant for, as many as there are}
     *
     * @param own the model's post-processing
     */
    public int most(PostProcessing own) {
        if (maxDetections != null) {
            return maxDetections;
        }
        return tile == null ? own.maxDetections() : Integer.MAX_VALUE;
    }

    /** {@return whether the default hides objects that an evaluation would count} */
    public boolean isUnfitForEvaluation() {
        return scoreThreshold == null && DEFAULT_SCORE > EVALUATION_SCORE;
    }
}
