package dev.fern.tools.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where weights are found within a checkpoint. */
class StateDictSearchTest {

    @TempDir Path folder;

    /** As by {@code torch.save((model.state_dict(), epoch), file)}. */
    @ParameterizedTest
    @ValueSource(strings = {"(%K\3t.", "](%K\3e.", "}(K\1](%eu."})
    void weightsInListsAndTuplesAreFound(String around) throws Exception {
        String[] parts = around.split("%");
        PickleBytes pickle = new PickleBytes().raw(parts[0]).raw("}(").text("w");
        pickle.rebuilt("0", 1, 0, new long[] {1}, new long[] {1}).raw("u").raw(parts[1]);
        Path path = pickle.save(folder, Map.of("0", new float[] {7}));
        assertThat(WeightsFile.read(path).get("w").data()).containsExactly(7);
    }

    /** Tuples of one tuple, ten thousand times on each of three levels. */
    @Test
    void tuplesThatShareTuplesAreVisitedOnce() throws Exception {
        PickleBytes pickle = new PickleBytes().raw(")");
        for (int level = 0; level < 3; level++) {
            pickle.raw("q\0(" + "h\0".repeat(10_000) + "t");
        }
        Path path = pickle.raw(".").save(folder, Map.of("0", new float[] {7}));
        assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () ->
                        assertThatThrownBy(() -> WeightsFile.read(path))
                                .hasMessageContaining("holds no tensors"));
    }
}
