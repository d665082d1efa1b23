package dev.fern.cocoeval;

import dev.fern.cocoeval.id.IdTable;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.keypoint.ObjectKeypointSimilarity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What to evaluate, under pycocotools' names; each default is pycocotools' to the last bit. The
 * defaults of keypoints differ: maxDets 20, and no small objects.
 *
 * @param iouType what of an object is compared: boxes, masks or keypoints
 * @param imgIds the ids of the images; without a value, all images of the data set
 * @param catIds the ids of the categories; without a value, all categories of the data set
 * @param iouThrs T thresholds of IoU at which a detection matches, {@link #linspace}(0.5, 0.95,
 *     10); those above 1 - 1e-10 count as that
 * @param recThrs R recalls at which precision is taken, {@link #linspace}(0, 1, 101)
 * @param maxDets M limits on the detections per image and category, 1, 10 and 100
 * @param areaRng A ranges of area in square pixels: 0 to 1e10, 0 to 32^2, 32^2 to 96^2, 96^2 to
 *     1e10
 * @param areaRngLbl A names of the ranges; the twelve numbers look for all, small, medium and large
 * @param useCats whether a detection has to be of the right category
 * @param sigmas how far each keypoint of a person, or whatever has any, is usually misplaced in
 *     proportion to the object ({@code kpt_oks_sigmas}), or a single one for all; COCO's 17
 * @param corrected whether to mend pycocotools' known faults: matches with the annotation of id 0
 *     count, annotations count each though they share an id, {@code ignore} is heeded, results
 *     without any detection score 0, keypoints match without categories too, and AP is taken at the
 *     largest of maxDets, however many there are
 */
public record EvaluationParameters(
        IouType iouType,
        Optional<List<Long>> imgIds,
        Optional<List<Long>> catIds,
        List<Double> iouThrs,
        List<Double> recThrs,
        List<Integer> maxDets,
        List<AreaRange> areaRng,
        List<String> areaRngLbl,
        boolean useCats,
        List<Double> sigmas,
        boolean corrected) {

    /**
     * Copies the lists. {@link #builder} starts from the defaults and is easier to use.
     *
     * @param iouType not null
     * @param imgIds ids of images, in any order
     * @param catIds ids of categories, in any order
     * @param iouThrs in any order; the arrays keep it
     * @param recThrs ascending, 0 to 1
     * @param maxDets not empty, in any order; the arrays have them ascending
     * @param areaRng one range per name
     * @param areaRngLbl one name per range
     * @param useCats false to evaluate all categories as one
     * @param sigmas one per keypoint, or a single one
     * @param corrected false for pycocotools' own numbers
     * @throws IllegalArgumentException if {@code maxDets} is empty
     */
    public EvaluationParameters {
        imgIds = imgIds.map(List::copyOf);
        catIds = catIds.map(List::copyOf);
        iouThrs = List.copyOf(iouThrs);
        recThrs = List.copyOf(recThrs);
        maxDets = List.copyOf(maxDets);
        areaRng = List.copyOf(areaRng);
        areaRngLbl = List.copyOf(areaRngLbl);
        sigmas = List.copyOf(sigmas);
        if (maxDets.isEmpty()) {
            throw new IllegalArgumentException("maxDets is empty; give at least one limit");
        }
    }

    /** {@return pycocotools' default parameters for boxes} */
    public static EvaluationParameters defaults() {
        return builder().build();
    }

    /**
     * Makes pycocotools' default parameters.
     *
     * @param type what to compare
     * @return its defaults
     */
    public static EvaluationParameters defaults(IouType type) {
        return builder(type).build();
    }

    /** {@return a builder that starts from the defaults for boxes} */
    public static Builder builder() {
        return new Builder(IouType.BOX);
    }

    /**
     * Starts from the defaults.
     *
     * @param type what to compare
     * @return a builder that starts from its defaults
     */
    public static Builder builder(IouType type) {
        return new Builder(type);
    }

    /**
     * Reads parameters from a JSON object with members of this record's names; what is missing
     * keeps its default.
     *
     * @param file JSON, plain or gzip, such as {@code {"maxDets": [1, 10, 300], "useCats": 0}}
     * @return the parameters that the file holds
     * @throws CocoFormatException if the file can't be read, or has an unknown name or a value that
     *     does not fit, such as an id that is not an integer
     */
    public static EvaluationParameters read(Path file) throws CocoFormatException {
        return ParametersReader.read(file, IouType.BOX, new IdTable());
    }

    /**
     * Reads parameters for one data set, in which ids may be strings or fractions. What is missing
     * keeps the default for what the data set was read for: boxes, masks or keypoints.
     *
     * @param file JSON, plain or gzip, as {@link #read(Path)} takes it
     * @param dataset the owner of the images in {@code imgIds} and of the categories in {@code
     *     catIds}
     * @return parameters for this data set alone
     * @throws CocoFormatException as {@link #read(Path)} throws it, except for ids that are not
     *     integers but belong to the data set
     */
    public static EvaluationParameters read(Path file, CocoDataset dataset)
            throws CocoFormatException {
        return ParametersReader.read(file, dataset.iouType(), dataset.ids());
    }

    /** {@return a builder that starts from these parameters} */
    public Builder toBuilder() {
        Builder builder = new Builder(iouType);
        builder.imgIds = imgIds;
        builder.catIds = catIds;
        builder.iouThrs = iouThrs;
        builder.recThrs = recThrs;
        builder.maxDets = maxDets;
        builder.areaRng = areaRng;
        builder.areaRngLbl = areaRngLbl;
        builder.useCats = useCats;
        builder.sigmas = sigmas;
        builder.corrected = corrected;
        return builder;
    }

    /**
     * Makes evenly spaced numbers with the rounding of {@code numpy.linspace}: among 10 numbers
     * from 0.5 to 0.95 is 0.8999999999999999, not 0.9.
     *
     * @param first the first number
     * @param last the last number, exactly
     * @param count how many numbers, at least 2
     * @return {@code count} numbers
     * @throws IllegalArgumentException if {@code count} is less than 2
     */
    public static List<Double> linspace(double first, double last, int count) {
        if (count < 2) {
            throw new IllegalArgumentException("count must be at least 2, not " + count);
        }
        double step = (last - first) / (count - 1);
        List<Double> numbers = new ArrayList<>(count);
        for (int i = 0; i < count - 1; i++) {
            numbers.add(i * step + first);
        }
        numbers.add(last);
        return numbers;
    }

    /** Changes single parameters; not safe for use by several threads at once. */
    public static final class Builder {
        private final IouType iouType;
        private Optional<List<Long>> imgIds = Optional.empty();
        private Optional<List<Long>> catIds = Optional.empty();
        private List<Double> iouThrs = linspace(0.5, 0.95, 10);
        private List<Double> recThrs = linspace(0, 1, 101);
        private List<Integer> maxDets = List.of(1, 10, 100);
        private List<AreaRange> areaRng =
                List.of(
                        new AreaRange(0, 1e10),
                        new AreaRange(0, 32 * 32),
                        new AreaRange(32 * 32, 96 * 96),
                        new AreaRange(96 * 96, 1e10));
        private List<String> areaRngLbl = List.of("all", "small", "medium", "large");
        private boolean useCats = true;
        private List<Double> sigmas = ObjectKeypointSimilarity.COCO_SIGMAS;
        private boolean corrected;

        private Builder(IouType iouType) {
            this.iouType = iouType;
            if (iouType == IouType.KEYPOINTS) {
                maxDets = List.of(20);
                areaRng = List.of(areaRng.get(0), areaRng.get(2), areaRng.get(3));
                areaRngLbl = List.of("all", "medium", "large");
            }
        }

        /**
         * Evaluates some images only.
         *
         * @param ids in any order; ids that the data set does not have count for nothing
         * @return this builder
         */
        public Builder imgIds(List<Long> ids) {
            imgIds = Optional.of(ids);
            return this;
        }

        /**
         * Evaluates some categories only.
         *
         * @param ids in any order
         * @return this builder
         */
        public Builder catIds(List<Long> ids) {
            catIds = Optional.of(ids);
            return this;
        }

        /**
         * Sets the IoU thresholds at which detections match.
         *
         * @param thresholds T numbers, usually 0 to 1
         * @return this builder
         */
        public Builder iouThrs(List<Double> thresholds) {
            iouThrs = thresholds;
            return this;
        }

        /**
         * Sets the recalls at which precision is taken.
         *
         * @param thresholds R ascending numbers, 0 to 1
         * @return this builder
         */
        public Builder recThrs(List<Double> thresholds) {
            recThrs = thresholds;
            return this;
        }

        /**
         * Sets the limits on the detections per image and category.
         *
         * @param limits M numbers, in any order; the twelve numbers need three unless corrected
         * @return this builder
         */
        public Builder maxDets(List<Integer> limits) {
            maxDets = limits;
            return this;
        }

        /**
         * Sets the ranges of area, for which {@link #areaRngLbl} gives names.
         *
         * @param ranges A ranges
         * @return this builder
         */
        public Builder areaRng(List<AreaRange> ranges) {
            areaRng = ranges;
            return this;
        }

        /**
         * Sets the names of the ranges of area.
         *
         * @param labels A names; the twelve numbers look for all, small, medium and large
         * @return this builder
         */
        public Builder areaRngLbl(List<String> labels) {
            areaRngLbl = labels;
            return this;
        }

        /**
         * Sets whether a detection has to be of the right category to match.
         *
         * @param use false to evaluate all categories as one
         * @return this builder
         */
        public Builder useCats(boolean use) {
            useCats = use;
            return this;
        }

        /**
         * Sets the sigmas of keypoints.
         *
         * @param values one per keypoint, or a single one for all; pycocotools takes any number
         * @return this builder
         */
        public Builder sigmas(List<Double> values) {
            sigmas = values;
            return this;
        }

        /**
         * Sets whether pycocotools' known faults are mended.
         *
         * @param mend false for pycocotools' own numbers
         * @return this builder
         */
        public Builder corrected(boolean mend) {
            corrected = mend;
            return this;
        }

        /**
         * Builds the parameters as they are set so far.
         *
         * @return parameters that do not change with this builder
         * @throws IllegalArgumentException if {@code maxDets} is empty
         */
        public EvaluationParameters build() {
            return new EvaluationParameters(
                    iouType,
                    imgIds,
                    catIds,
                    iouThrs,
                    recThrs,
                    maxDets,
                    areaRng,
                    areaRngLbl,
                    useCats,
                    sigmas,
                    corrected);
        }
    }

    /**
     * Areas in square pixels, both ends included.
     *
     * @param least the smallest area
     * @param most the largest area
     */
    public record AreaRange(double least, double most) {
        /** Whether an area lies outside; NaN lies in every range, as in pycocotools. */
        boolean excludes(double area) {
            return area < least || area > most;
        }
    }
}
