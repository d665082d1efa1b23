package dev.fern.tools.sweep.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.sweep.result.CellHistory.EpochEvaluation;
import dev.fern.tools.sweep.result.CellHistory.EpochLoss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CellHistoryTest {

    @TempDir Path folder;

    @Test
    void stepsAreAddedUpByEpoch() throws IOException {
        Files.writeString(
                folder.resolve("metrics.jsonl"),
                """
                {"step":1,"epoch":1,"classification":1,"regression":2,"gradientNorm":0.5,"images":2,"seconds":1}
                {"step":2,"epoch":1,"classification":4,"regression":2,"gradientNorm":1.5,"images":1,"seconds":2}
                {"step":2,"epoch":1,"evaluation":{"AP":0.25}}
                {"step":3,"epoch":2,"classification":1,"regression":1,"gradientNorm":2,"images":2,"seconds":3}
                """);
        CellHistory history = CellHistory.read(new RunDirectory(folder), 1);
        assertThat(history.steps()).isEqualTo(3);
        assertThat(history.images()).isEqualTo(5);
        assertThat(history.seconds()).isEqualTo(6);
        assertThat(history.clipped()).isEqualTo(2);
        assertThat(history.losses())
                .containsExactly(new EpochLoss(1, 3, (2 * 3 + 6) / 3.0), new EpochLoss(2, 5, 2));
        assertThat(history.evaluations())
                .containsExactly(new EpochEvaluation(1, 3, Map.of("AP", 0.25)));
        assertThat(CellHistory.read(new RunDirectory(folder), 0).clipped()).isZero();
        assertThat(CellHistory.read(new RunDirectory(folder.resolve("none")), 1).steps()).isZero();
    }

    private static CellHistory evaluated(List<Double> aps) {
        return new CellHistory(
                1,
                1,
                0,
                0,
                List.of(),
                IntStream.range(0, aps.size())
                        .mapToObj(
                                i ->
                                        new EpochEvaluation(
                                                i + 1, 10 * (i + 1), Map.of("AP", aps.get(i))))
                        .toList());
    }

    @Test
    void theLastGainIsThatOverTheLastFifth() {
        assertThat(evaluated(List.of(0.1, 0.2, 0.3, 0.4, 0.45)).lastGain().orElseThrow())
                .isCloseTo(0.05, within(1e-12));
        // The newest evaluation before the last fifth is that after 2 of 3.
        assertThat(evaluated(List.of(0.1, 0.2, 0.5)).lastGain().orElseThrow())
                .isCloseTo(0.3, within(1e-12));
        assertThat(evaluated(List.of(0.1)).lastGain()).isEmpty();
        assertThat(evaluated(List.of()).lastGain()).isEmpty();
    }
}
