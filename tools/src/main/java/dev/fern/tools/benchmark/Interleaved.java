package dev.fern.tools.benchmark;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Times several things in turn, so that the other load of the machine falls on all of them alike.
 */
final class Interleaved {

    private Interleaved() {}

    /**
     * Runs each task once per round.
     *
     * @param warmUp number of rounds before those that count
     * @param repeats number of rounds that count
     * @param done receives the number of rounds that are over, after each round
     * @return the times of each task in the rounds that count
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
