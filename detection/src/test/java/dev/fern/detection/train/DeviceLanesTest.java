package dev.fern.detection.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.backbone.host.Transfers;
import dev.fern.detection.device.DeviceTraining;
import dev.fern.detection.device.StepNumbers;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.TinyDetectors;
import dev.fern.detection.worker.Rings;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Several devices, and several workers, do what one device does. */
@Tag("device")
class DeviceLanesTest extends DeviceTrainingCase {

    private static final double RATE = 1e-3;

    DeviceLanesTest() {
        super(64);
    }

    /** Lanes on one device stand for several devices: each has a copy of the parameters. */
    @ParameterizedTest
    @CsvSource({"frn, 2", "frozen-bn, 3"})
    void severalLanesTakeTheStepsOfOne(String norm, int lanes) throws IOException {
        DetectorConfiguration configuration = TinyDetectors.smallest(norm, rule);
        try (Detector one = TinyDetectors.livelyByOperators(configuration, 9);
                Detector other = TinyDetectors.livelyByOperators(configuration, 9);
                DeviceTraining alone = training(one, LabelledBatches.LOSS);
                DeviceTraining shared = training(other, LabelledBatches.LOSS, lanes)) {
            WeightAverage ofOne = new WeightAverage(one.network(), 0.9, Optional.of(alone));
            WeightAverage ofOther = new WeightAverage(other.network(), 0.9, Optional.of(shared));
            for (int step = 0; step < 10; step++) {
                // Batches of three, of two, and accumulated ones of one image and two.
                int[][] drawn = {{0, 1, 2}, {2, 0}, {step % 3}};
                for (int batch = step % 3; batch < (step % 3 == 1 ? 3 : step % 3 + 1); batch++) {
                    accumulate(one, alone, drawn[batch]);
                    Transfers before = Transfers.count();
                    accumulate(other, shared, drawn[batch]);
                    if (step > 2) { // the anchors come with the first steps
                        assertThat(Transfers.since(before))
                                .as("pixels and targets of each lane")
                                .isEqualTo(
                                        new Transfers(2 * Math.min(lanes, drawn[batch].length), 0));
                    }
                }
                alone.step(RATE);
                shared.step(RATE);
                ofOne.update(step + 1);
                ofOther.update(step + 1);
            }
            Transfers before = Transfers.count();
            List<StepNumbers> found = shared.read();
            assertThat(Transfers.since(before)).isEqualTo(new Transfers(0, 1));
            List<StepNumbers> expected = alone.read();
            for (int step = 0; step < 10; step++) {
                assertNear(found.get(step), expected.get(step));
            }
            assertClose(values(one.copyParameters()), values(other.copyParameters()), 1);
            assertClose(values(alone.velocities().copy()), values(shared.velocities().copy()), 1);
            assertClose(values(ofOne.copy()), values(ofOther.copy()), 1);
        }
    }

    /**
     * Of the batches of three and of one image, worker 1 of two computes two and none. A step takes
     * one array more to the host and one back.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void severalWorkersTakeTheStepsOfOne(int lanes) throws Exception {
        DetectorConfiguration configuration = TinyDetectors.smallest("frn", rule);
        int[][] ofFirst = {{0}, {1}};
        int[][] ofSecond = {{1, 2}, {}};
        try (Detector one = TinyDetectors.livelyByOperators(configuration, 9);
                Detector first = TinyDetectors.livelyByOperators(configuration, 9);
                Detector second = TinyDetectors.livelyByOperators(configuration, 9);
                DeviceTraining alone = training(one, LabelledBatches.LOSS);
                DeviceTraining leader = training(first, LabelledBatches.LOSS, lanes);
                DeviceTraining follower = training(second, LabelledBatches.LOSS, lanes);
                Rings rings = Rings.of(2)) {
            for (int step = 0; step < 6; step++) {
                accumulate(one, alone, step % 2 == 0 ? new int[] {0, 1, 2} : new int[] {1});
                alone.step(RATE);
                accumulate(first, leader, ofFirst[step % 2]);
                if (step % 2 == 0) {
                    accumulate(second, follower, ofSecond[0]);
                }
                int images = step % 2 == 0 ? 3 : 1;
                Transfers before = Transfers.count();
                rings.run(
                        ring -> {
                            DeviceTraining own = ring.rank() == 0 ? leader : follower;
                            own.sum(ring, images);
                            own.step(RATE);
                            return null;
                        });
                assertThat(Transfers.since(before)).isEqualTo(new Transfers(2, 2));
            }
            List<StepNumbers> expected = alone.read();
            List<StepNumbers> found = leader.read();
            for (int step = 0; step < 6; step++) {
                assertNear(found.get(step), expected.get(step));
            }
            assertThat(follower.read()).isEqualTo(found);
            assertClose(values(one.copyParameters()), values(first.copyParameters()), 1);
            assertThat(second.copyParameters()).isEqualTo(first.copyParameters());
        }
    }
}
