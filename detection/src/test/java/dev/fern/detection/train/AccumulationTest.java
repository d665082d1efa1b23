package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.TinyDetectors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One batch of 8, two of 4 and eight of 1 take the same steps, unless norms mix images. */
@Tag("engine")
class AccumulationTest {

    private static final CanvasRule RULE = new CanvasRule(64, 64);
    private static final int STEPS = 20;

    /** It is low because rounding grows with it: each step sees weights that differ already. */
    private static final double RATE = 0.02;

    @TempDir Path folder;

    private LabelledBatches batches;

    @BeforeEach
    void drawImages() throws IOException {
        RectangleFolder drawings = new RectangleFolder(folder);
        for (int id = 1; id <= 8; id++) {
            drawings.image(id, 64, 64, id % 3);
        }
        batches = new LabelledBatches(drawings.dataset(), RULE);
    }

    @Test
    void smallBatchesAddUpToTheLargeOneWithFrn() throws IOException {
        Map<String, Tensor> large = trained("frn", 8);
        assertThat(distance(trained("frn", 4), large)).isLessThan(1e-5);
        assertThat(distance(trained("frn", 1), large)).isLessThan(1e-5);
        // The parameters moved far enough for a difference to show.
        assertThat(distance(initial("frn"), large)).isGreaterThan(1e-2);
    }

    @Test
    void smallBatchesDoNotAddUpToTheLargeOneWithBn() throws IOException {
        Map<String, Tensor> large = trained("bn", 8);
        assertThat(distance(trained("bn", 4), large)).isGreaterThan(1e-3);
        assertThat(distance(trained("bn", 1), large)).isGreaterThan(1e-3);
    }

    private static Detector detector(String norm) {
        return Detector.create(TinyDetectors.smallest(norm, RULE), TinyDetectors.ENGINE, 12);
    }

    private static Map<String, Tensor> initial(String norm) {
        try (Detector detector = detector(norm)) {
            return detector.copyParameters();
        }
    }

    private Map<String, Tensor> trained(String norm, int batchSize) throws IOException {
        try (Detector detector = detector(norm)) {
            SgdOptimizer optimizer = new SgdOptimizer(detector.network(), 0.9, 1e-4, 0, 5);
            for (int step = 0; step < STEPS; step++) {
                for (int first = 0; first < 8; first += batchSize) {
                    int[] indices = new int[batchSize];
                    for (int i = 0; i < batchSize; i++) {
                        indices[i] = first + i;
                    }
                    batches.backward(detector, indices);
                    optimizer.accumulate(batchSize);
                }
                optimizer.step(RATE);
            }
            return detector.copyParameters();
        }
    }

    /** Returns the relative distance of all trained parameters together. */
    private static double distance(Map<String, Tensor> a, Map<String, Tensor> b) {
        double difference = 0;
        double norm = 0;
        for (String name : a.keySet()) {
            if (!name.contains("running")) {
                for (int i = 0; i < a.get(name).data().length; i++) {
                    float expected = b.get(name).data()[i];
                    difference += Math.pow((double) a.get(name).data()[i] - expected, 2);
                    norm += Math.pow(expected, 2);
                }
            }
        }
        return Math.sqrt(difference / norm);
    }
}
