package dev.fern.tools.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TimingTest {

    @Test
    void quantilesLieBetweenTheSortedTimes() {
        Timing timing = new Timing(new double[] {8, 1, 4, 2});
        assertThat(timing.median()).isEqualTo(3);
        assertThat(timing.quantile(0)).isEqualTo(1);
        assertThat(timing.quantile(1)).isEqualTo(8);
        assertThat(timing.quantile(0.25)).isEqualTo(1.75);
        assertThat(new Timing(new double[] {5}).quantile(0.75)).isEqualTo(5);
        assertThatThrownBy(() -> new Timing(new double[0]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void tasksTakeTurnsAndTheWarmUpIsNotCounted() {
        List<String> calls = new ArrayList<>();
        Map<String, Runnable> tasks = new LinkedHashMap<>();
        tasks.put("a", () -> calls.add("a"));
        tasks.put("b", () -> calls.add("b"));
        Map<String, Timing> timings = Interleaved.run(tasks, 1, 2, round -> calls.add("" + round));
        assertThat(calls).containsExactly("a", "b", "1", "a", "b", "2", "a", "b", "3");
        assertThat(timings).containsOnlyKeys("a", "b");
        assertThat(timings.get("a").toJson().get("repeats").getAsInt()).isEqualTo(2);
    }
}
