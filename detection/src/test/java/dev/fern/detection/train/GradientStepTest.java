package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.loss.DetectionLoss;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.TinyDetectors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class GradientStepTest {

    private static final CanvasRule RULE = new CanvasRule(64, 64);

    @TempDir Path folder;

    private LabelledBatches batches;
    private Detector detector;

    @BeforeEach
    void createDetector() throws IOException {
        batches =
                new LabelledBatches(
                        new RectangleFolder(folder)
                                .image(1, 64, 64, 2)
                                .image(2, 64, 64, 0)
                                .dataset(),
                        RULE);
        detector = TinyDetectors.lively(TinyDetectors.smallest("frn", RULE), 9);
    }

    @AfterEach
    void closeDetector() {
        detector.close();
    }

    /**
     * Along the gradient the loss rises by the gradient's norm, for each parameter by itself: the
     * whole way from pixels to loss and back is one function and its derivative.
     */
    @Test
    void lossRisesAlongTheGradientByItsNorm() throws IOException {
        double loss = total(batches.backward(detector, 0, 1));
        Map<String, float[]> gradients = LabelledBatches.gradients(detector);
        Map<String, Tensor> parameters = detector.copyParameters();
        int checked = 0;
        for (String name : gradients.keySet()) {
            float[] gradient = gradients.get(name);
            float[] start = parameters.get(name).data();
            double squares = 0;
            double values = 0;
            for (int i = 0; i < gradient.length; i++) {
                squares += (double) gradient[i] * gradient[i];
                values += Math.pow(start[i], 2);
            }
            double norm = Math.sqrt(squares);
            double size = values == 0 ? 0.1 : Math.sqrt(values);
            // A long way has kinks of ReLU and L1 on it, and a short one drowns in rounding:
            // one of the ways between is right.
            double best = Double.POSITIVE_INFINITY;
            for (double part = 0.064; part > 1e-5 && best > 0.02; part /= 4) {
                double way = part * Math.min(size, loss / norm);
                double up = lossAfterMoving(name, start, gradient, way / norm);
                double down = lossAfterMoving(name, start, gradient, -way / norm);
                best = Math.min(best, Math.abs((up - down) / (2 * way) / norm - 1));
            }
            set(name, start);
            assertThat(best).as(name).isLessThan(0.02);
            checked++;
        }
        assertThat(checked).isGreaterThan(40);
    }

    private double lossAfterMoving(String name, float[] start, float[] direction, double factor)
            throws IOException {
        float[] moved = start.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += (float) (factor * direction[i]);
        }
        set(name, moved);
        return total(batches.forward(detector, 0, 1));
    }

    private void set(String name, float[] values) {
        NDArray array = NamedParameters.of(detector.network()).get(name).getArray();
        EngineBridge.of(array).floats(array).put(0, values);
    }

    private static double total(DetectionLoss loss) {
        return loss.classification() + loss.regression();
    }

    @Test
    void lossThatIsNotFiniteIsReportedAndLeavesTheGradientsAlone() throws IOException {
        batches.backward(detector, 0);
        Map<String, float[]> before = LabelledBatches.gradients(detector);
        Map<String, Tensor> values = detector.copyParameters();
        Arrays.fill(values.get("classification.output.bias").data(), Float.NaN);
        ParameterValues.assign(detector.network(), values);
        assertThat(batches.backward(detector, 1).classification()).isNaN();
        LabelledBatches.gradients(detector)
                .forEach((name, after) -> assertThat(after).containsExactly(before.get(name)));
    }

    @Test
    void gradientsOfOnePassAreNotThoseOfThePassesBefore() throws IOException {
        batches.backward(detector, 0);
        Map<String, float[]> once = LabelledBatches.gradients(detector);
        batches.backward(detector, 1);
        batches.backward(detector, 0);
        LabelledBatches.gradients(detector)
                .forEach((name, again) -> assertThat(again).containsExactly(once.get(name)));
    }
}
