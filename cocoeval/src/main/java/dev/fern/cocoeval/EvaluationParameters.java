package dev.fern.cocoeval;

import dev.fern.cocoeval.json.CocoFormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What to evaluate, under pycocotools' names; each default is pycocotools' to the last bit.
 *
 * @param imgIds the images; all of the data set if empty
 * @param catIds the categories; all of the data set if empty
 * @param iouThrs T thresholds of IoU at which a detection matches, {@link #linspace}(0.5, 0.95,
 *     10); those above 1 - 1e-10 count as that
 * @param recThrs R recalls at which precision is taken, {@link #linspace}(0, 1, 101)
 * @param maxDets M limits on the detections of one image and category, 1, 10 and 100
 * @param areaRng A ranges of area in square pixels: all, up to 32^2, up to 96^2, and above
 * @param areaRngLbl their names; the twelve numbers look for all, small, medium and large
 * @param useCats whether a detection has to be of the right category
 * @param corrected whether to mend pycocotools' known faults: matches with the annotation of id 0
 *     count, {@code ignore} is heeded, results without any detection score 0, and the headline AP
 *     is taken at the largest of maxDets, however many there are
 */
public record EvaluationParameters(
        Optional<List<Long>> imgIds,
        Optional<List<Long>> catIds,
        List<Double> iouThrs,
        List<Double> recThrs,
        List<Integer> maxDets,
        List<AreaRange> areaRng,
        List<String> areaRngLbl,
        boolean useCats,
        boolean corrected) {

    public EvaluationParameters {
        imgIds = imgIds.map(List::copyOf);
        catIds = catIds.map(List::copyOf);
        iouThrs = List.copyOf(iouThrs);
        recThrs = List.copyOf(recThrs);
        maxDets = List.copyOf(maxDets);
        areaRng = List.copyOf(areaRng);
        areaRngLbl = List.copyOf(areaRngLbl);
        if (maxDets.isEmpty()) {
            throw new IllegalArgumentException("maxDets is empty; give at least one limit");
        }
    }

    /** pycocotools' own parameters. */
    public static EvaluationParameters defaults() {
        return builder().build();
    }

    /** A builder that starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Reads parameters from a JSON object with members of this record's names; what is missing
     * keeps its default.
     *
     * @param file JSON, plain or gzip, such as {@code {"maxDets": [1, 10, 300], "useCats": 0}}
     * @throws CocoFormatException if it can't be read or has an unknown name or an unfit value,
     *     which an id other than an integer is too
     */
    public static EvaluationParameters read(Path file) throws CocoFormatException {
        return ParametersReader.read(file, new IdTable());
    }

    /**
     * Reads parameters for one data set, in which ids may be texts or fractions.
     *
     * @param dataset whose images {@code imgIds} names, and whose categories {@code catIds}
     * @throws CocoFormatException as {@link #read(Path)} throws it, and for an id other than an
     *     integer that the data set does not have
     */
    public static EvaluationParameters read(Path file, CocoDataset dataset)
            throws CocoFormatException {
        return ParametersReader.read(file, dataset.ids());
    }

    /** A builder that starts from these parameters. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.imgIds = imgIds;
        builder.catIds = catIds;
        builder.iouThrs = iouThrs;
        builder.recThrs = recThrs;
        builder.maxDets = maxDets;
        builder.areaRng = areaRng;
        builder.areaRngLbl = areaRngLbl;
        builder.useCats = useCats;
        builder.corrected = corrected;
        return builder;
    }

    /**
     * Evenly spaced numbers with the rounding of {@code numpy.linspace}: 0.5 to 0.95 in 10 gives
     * 0.8999999999999999, not 0.9.
     *
     * @param count how many, at least 2
     */
    public static List<Double> linspace(double first, double last, int count) {
        if (count < 2) {
            throw new IllegalArgumentException("count is " + count + ", needs at least 2");
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
        private boolean corrected;

        private Builder() {}

        public Builder imgIds(List<Long> ids) {
            imgIds = Optional.of(ids);
            return this;
        }

        public Builder catIds(List<Long> ids) {
            catIds = Optional.of(ids);
            return this;
        }

        public Builder iouThrs(List<Double> thresholds) {
            iouThrs = thresholds;
            return this;
        }

        public Builder recThrs(List<Double> thresholds) {
            recThrs = thresholds;
            return this;
        }

        public Builder maxDets(List<Integer> limits) {
            maxDets = limits;
            return this;
        }

        public Builder areaRng(List<AreaRange> ranges) {
            areaRng = ranges;
            return this;
        }

        public Builder areaRngLbl(List<String> labels) {
            areaRngLbl = labels;
            return this;
        }

        public Builder useCats(boolean use) {
            useCats = use;
            return this;
        }

        public Builder corrected(boolean mend) {
            corrected = mend;
            return this;
        }

        public EvaluationParameters build() {
            return new EvaluationParameters(
                    imgIds,
                    catIds,
                    iouThrs,
                    recThrs,
                    maxDets,
                    areaRng,
                    areaRngLbl,
                    useCats,
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
