package dev.fern.tools.sweep;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Values along a training.
 *
 * @param x images seen
 * @param y one for each of {@code x}
 */
record Curve(double[] x, double[] y) {

    /**
     * The means, value by value, of curves that go on alike; where some end sooner, of the others.
     *
     * @param curves at least one
     */
    static Curve mean(List<Curve> curves) {
        Curve longest = curves.stream().max(Comparator.comparingInt(c -> c.x.length)).orElseThrow();
        double[] means =
                IntStream.range(0, longest.x.length)
                        .mapToDouble(
                                i ->
                                        curves.stream()
                                                .filter(c -> c.y.length > i)
                                                .mapToDouble(c -> c.y[i])
                                                .average()
                                                .orElseThrow())
                        .toArray();
        return new Curve(longest.x, means);
    }

    /**
     * At most so many of the values, evenly, the last among them; not those that are not finite.
     */
    Curve thinned(int most) {
        int stride = Math.max(1, (x.length + most - 1) / most);
        int[] kept =
                IntStream.range(0, x.length)
                        .filter(i -> (x.length - 1 - i) % stride == 0 && Double.isFinite(y[i]))
                        .toArray();
        return new Curve(
                Arrays.stream(kept).mapToDouble(i -> x[i]).toArray(),
                Arrays.stream(kept).mapToDouble(i -> y[i]).toArray());
    }
}
