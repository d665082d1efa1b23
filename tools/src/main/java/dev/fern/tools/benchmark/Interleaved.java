package dev.fern.tools.benchmark;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;

/** Times several things in turn, so that what else the machine does falls on all of them alike. */
final class Interleaved {

    private Interleaved() {}

    /**
     * Runs each task in turn, over and over.
     *
     * @param warmUp rounds that are not counted
     * @param repeats rounds that are
     * @param done is told how many rounds are over
     * @return the times by the tasks
     */
    static <T> Map<T, Timing> run(
            Map<T, Runnable> tasks, int warmUp, int repeats, IntConsumer done) {
        Map<T, double[]> millis = new LinkedHashMap<>();
        tasks.keySet().forEach(name -> millis.put(name, new double[repeats]));
        for (int round = -warmUp; round < repeats; round++) {
            for (Map.Entry<T, Runnable> task : tasks.entrySet()) {
                long start = System.nanoTime();
                task.getValue().run();
                if (round >= 0) {
                    millis.get(task.getKey())[round] = (System.nanoTime() - start) / 1e6;
                }
            }
            done.accept(round + warmUp + 1);
        }
        Map<T, Timing> timings = new LinkedHashMap<>();
        millis.forEach((name, times) -> timings.put(name, new Timing(times)));
        return timings;
    }
}
