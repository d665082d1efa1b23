package dev.fern.tools.sweep.result;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.detection.settings.RecordJson;
import dev.fern.detection.train.DetectionTask;
import dev.fern.detection.train.MetricsLog;
import dev.fern.detection.train.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How a cell's training went, as its metrics say.
 *
 * @param steps how many were taken
 * @param images how many were seen, each as often as it came
 * @param seconds how long all steps took, without evaluations
 * @param clipped how many steps had a gradient longer than {@code clipNorm}
 * @param losses one for each epoch that was begun, in order
 * @param evaluations in their order
 */
public record CellHistory(
        long steps,
        long images,
        double seconds,
        long clipped,
        List<EpochLoss> losses,
        List<EpochEvaluation> evaluations) {

    /** The part of a training that comes before its last fifth. */
    private static final double FOUR_FIFTHS = 0.8;

    /**
     * Copies the lists.
     *
     * @param steps at least 0
     * @param images at least 0
     * @param seconds at least 0
     * @param clipped at most {@code steps}
     * @param losses not null
     * @param evaluations not null
     */
    public CellHistory {
        losses = List.copyOf(losses);
        evaluations = List.copyOf(evaluations);
    }

    /**
     * The training loss of an epoch.
     *
     * @param epoch counted from 1
     * @param images how many were seen up to its end
     * @param loss mean over its images
     */
    public record EpochLoss(int epoch, long images, double loss) {}

    /**
     * One evaluation.
     *
     * @param epoch the last one before it, counted from 1
     * @param images how many were seen before it
     * @param numbers COCO's twelve by their names, -1 where undefined
     */
    public record EpochEvaluation(int epoch, long images, Map<String, Double> numbers) {
        /**
         * Copies the map.
         *
         * @param epoch at least 1
         * @param images at least 0
         * @param numbers in COCO's order
         */
        public EpochEvaluation {
            numbers = Collections.unmodifiableMap(new LinkedHashMap<>(numbers));
        }

        double ap() {
            return numbers.getOrDefault(CocoMetric.AP.label(), -1.0);
        }
    }

    /** Adds up the lines of a run's metrics. */
    private static final class Reader {
        private final double clipNorm;
        private final List<EpochLoss> losses = new ArrayList<>();
        private final List<EpochEvaluation> evaluations = new ArrayList<>();
        private long steps;
        private long images;
        private double seconds;
        private long clipped;
        private double lossOfEpoch;
        private long imagesBeforeEpoch;

        Reader(double clipNorm) {
            this.clipNorm = clipNorm;
        }

        void step(JsonObject line) {
            int count = (int) RecordJson.value(line.get("images"), int.class, "images");
            int epoch = (int) RecordJson.value(line.get("epoch"), int.class, "epoch");
            int last = losses.size() - 1;
            boolean begins = last < 0 || losses.get(last).epoch != epoch;
            if (begins) {
                lossOfEpoch = 0;
                imagesBeforeEpoch = images;
            } else {
                losses.remove(last);
            }
            lossOfEpoch += count * loss(line);
            images += count;
            losses.add(new EpochLoss(epoch, images, lossOfEpoch / (images - imagesBeforeEpoch)));
            steps++;
            seconds += number(line, "seconds");
            clipped += clipNorm > 0 && number(line, "gradientNorm") > clipNorm ? 1 : 0;
        }

        void evaluation(JsonObject line) {
            if (!line.get(MetricsLog.EVALUATION).isJsonObject()) {
                throw new IllegalArgumentException(MetricsLog.EVALUATION + " is not a JSON object");
            }
            Map<String, Double> numbers = new LinkedHashMap<>();
            for (Map.Entry<String, JsonElement> entry :
                    line.getAsJsonObject(MetricsLog.EVALUATION).entrySet()) {
                numbers.put(
                        entry.getKey(),
                        (double) RecordJson.value(entry.getValue(), double.class, entry.getKey()));
            }
            int epoch = (int) RecordJson.value(line.get("epoch"), int.class, "epoch");
            evaluations.add(new EpochEvaluation(epoch, images, numbers));
        }
    }

    /**
     * Reads a run's metrics. The history of a run that has none is empty.
     *
     * @param run the cell's
     * @param clipNorm the setting; 0 if gradients were not clipped
     * @return the history
     * @throws IOException naming the file and the line that can't be used
     */
    public static CellHistory read(RunDirectory run, double clipNorm) throws IOException {
        Reader reader = new Reader(clipNorm);
        if (Files.exists(run.metrics())) {
            MetricsLog.read(
                    run.metrics(),
                    line -> {
                        if (line.has(MetricsLog.EVALUATION)) {
                            reader.evaluation(line);
                        } else {
                            reader.step(line);
                        }
                    });
        }
        return new CellHistory(
                reader.steps,
                reader.images,
                reader.seconds,
                reader.clipped,
                reader.losses,
                reader.evaluations);
    }

    /**
     * {@return the loss in the line of a step}
     *
     * @param line of {@code metrics.jsonl}
     */
    public static double loss(JsonObject line) {
        return number(line, DetectionTask.CLASSIFICATION) + number(line, DetectionTask.REGRESSION);
    }

    private static double number(JsonObject from, String name) {
        return (double) RecordJson.value(from.get(name), double.class, name);
    }

    /** {@return the newest evaluation} */
    public Optional<EpochEvaluation> last() {
        return evaluations.isEmpty()
                ? Optional.empty()
                : Optional.of(evaluations.get(evaluations.size() - 1));
    }

    /**
     * Returns by how much AP rose over the last fifth of the images, or over a little more where no
     * evaluation is exactly there; empty if there is no evaluation before.
     */
    OptionalDouble lastGain() {
        if (evaluations.isEmpty()) {
            return OptionalDouble.empty();
        }
        EpochEvaluation last = evaluations.get(evaluations.size() - 1);
        return evaluations.stream()
                .filter(e -> e.images <= FOUR_FIFTHS * last.images)
                .reduce((earlier, later) -> later)
                .map(before -> OptionalDouble.of(last.ap() - before.ap()))
                .orElse(OptionalDouble.empty());
    }
}
