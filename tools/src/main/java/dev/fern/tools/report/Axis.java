package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.compact;
import static dev.fern.tools.report.HtmlText.coordinate;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/**
 * An axis of a plot, from 0.
 *
 * @param most where it ends, above 0
 * @param ticks by rising place
 */
record Axis(String title, double most, List<Tick> ticks) {

    private static final int MOST_TICKS = 6;

    /**
     * A labelled place.
     *
     * @param below a second label under the first; may be empty
     */
    record Tick(double at, String label, String below) {}

    /** From 0 to 1. */
    static Axis unit(String title) {
        return new Axis(
                title,
                1,
                IntStream.rangeClosed(0, 5)
                        .mapToObj(i -> new Tick(i / 5.0, coordinate(i / 5.0), ""))
                        .toList());
    }

    /** Ends at the first tick that is not below {@code most}. */
    static Axis upTo(String title, double most) {
        BigDecimal spacing = spacing(most);
        List<Tick> ticks = new ArrayList<>();
        double end = usable(most) * (1 - 1e-9);
        for (int i = 0; i < 2 || ticks.get(i - 1).at() < end; i++) {
            BigDecimal at = spacing.multiply(BigDecimal.valueOf(i));
            ticks.add(new Tick(at.doubleValue(), compact(at), ""));
        }
        return new Axis(title, ticks.get(ticks.size() - 1).at(), List.copyOf(ticks));
    }

    /**
     * Ends at {@code most} itself.
     *
     * @param below what the second labels count
     */
    static Axis counting(String title, double most, DoubleUnaryOperator below) {
        Axis beyond = upTo(title, most);
        double end = usable(most);
        return new Axis(
                title,
                end,
                beyond.ticks.stream()
                        .filter(tick -> tick.at() <= end)
                        .map(
                                tick ->
                                        new Tick(
                                                tick.at(),
                                                tick.label(),
                                                compact(
                                                        BigDecimal.valueOf(
                                                                below.applyAsDouble(tick.at())))))
                        .toList());
    }

    /** 1 where there is nothing to show. */
    private static double usable(double most) {
        return most > 1e-30 && Double.isFinite(most) ? most : 1;
    }

    /** 1, 2 or 5 times a power of ten, so that few ticks do. */
    private static BigDecimal spacing(double most) {
        double end = usable(most);
        int exponent = (int) Math.floor(Math.log10(end / MOST_TICKS));
        for (int digit : new int[] {1, 2, 5, 10, 20}) {
            BigDecimal spacing = BigDecimal.valueOf(digit).scaleByPowerOfTen(exponent);
            if (end / spacing.doubleValue() <= MOST_TICKS) {
                return spacing;
            }
        }
        throw new IllegalArgumentException("no ticks for " + most);
    }
}
