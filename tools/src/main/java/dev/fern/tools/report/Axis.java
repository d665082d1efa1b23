package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.compact;
import static dev.fern.tools.report.HtmlText.coordinate;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/**
 * An axis of a plot. It begins at 0.
 *
 * @param title what it measures, with the unit
 * @param most where it ends, above 0
 * @param ticks in rising order
 */
public record Axis(String title, double most, List<Tick> ticks) {

    private static final int MOST_TICKS = 6;

    /**
     * A labelled place.
     *
     * @param at place on the axis, from 0
     * @param label shown beside the place
     * @param below a second label under the first; may be empty
     */
    public record Tick(double at, String label, String below) {}

    /**
     * Keeps a copy of the ticks.
     *
     * @param title what it measures, with the unit
     * @param most where it ends, above 0
     * @param ticks in rising order
     */
    public Axis {
        ticks = List.copyOf(ticks);
    }

    /** Returns an axis from 0 to 1. */
    static Axis unit(String title) {
        return new Axis(
                title,
                1,
                IntStream.rangeClosed(0, 5)
                        .mapToObj(i -> new Tick(i / 5.0, coordinate(i / 5.0), ""))
                        .toList());
    }

    /**
     * Returns an axis that ends at a tick.
     *
     * @param title what it measures, with the unit
     * @param most the largest value to show; 1 is taken in place of one that is not a finite number
     *     above 0
     * @return an axis whose last tick is the first that is not below {@code most}
     */
    public static Axis upTo(String title, double most) {
        BigDecimal spacing = spacing(usable(most));
        List<Tick> ticks = new ArrayList<>();
        double end = usable(most) * (1 - 1e-9);
        for (int i = 0; i < 2 || ticks.get(i - 1).at() < end; i++) {
            BigDecimal at = spacing.multiply(BigDecimal.valueOf(i));
            ticks.add(new Tick(at.doubleValue(), compact(at), ""));
        }
        return new Axis(title, ticks.get(ticks.size() - 1).at(), ticks);
    }

    /**
     * Returns an axis for what is counted: its ticks are whole numbers.
     *
     * @param title what it counts
     * @param most where it ends; 1 is taken in place of what is not a finite number above 0
     * @return an axis that ends at {@code most}, on a tick or not
     */
    public static Axis counting(String title, double most) {
        double end = usable(most);
        BigDecimal spacing = spacing(end).max(BigDecimal.ONE);
        List<Tick> ticks = new ArrayList<>();
        for (int i = 0; i * spacing.doubleValue() <= end; i++) {
            BigDecimal at = spacing.multiply(BigDecimal.valueOf(i));
            ticks.add(new Tick(at.doubleValue(), compact(at), ""));
        }
        return new Axis(title, end, ticks);
    }

    /**
     * Returns an axis of whole numbers with a second label under each tick.
     *
     * @param below the second label's number at a place of the axis
     */
    static Axis counting(String title, double most, DoubleUnaryOperator below) {
        Axis axis = counting(title, most);
        return new Axis(
                title,
                axis.most,
                axis.ticks.stream()
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

    /**
     * Returns an axis of named places, one unit apart.
     *
     * @param title what is named
     * @param names at least one
     * @return an axis on which the first name is at 0.5, the second at 1.5
     */
    public static Axis named(String title, List<String> names) {
        return new Axis(
                title,
                names.size(),
                IntStream.range(0, names.size())
                        .mapToObj(i -> new Tick(i + 0.5, names.get(i), ""))
                        .toList());
    }

    private static double usable(double most) {
        return most > 1e-30 && Double.isFinite(most) ? most : 1;
    }

    /** Returns 1, 2 or 5 times a power of ten, so that few ticks reach the end. */
    private static BigDecimal spacing(double end) {
        int exponent = (int) Math.floor(Math.log10(end / MOST_TICKS));
        for (int digit : new int[] {1, 2, 5, 10, 20}) {
            BigDecimal spacing = BigDecimal.valueOf(digit).scaleByPowerOfTen(exponent);
            if (end / spacing.doubleValue() <= MOST_TICKS) {
                return spacing;
            }
        }
        throw new IllegalArgumentException("no ticks up to " + end);
    }
}
