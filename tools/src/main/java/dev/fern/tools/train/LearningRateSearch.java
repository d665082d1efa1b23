package dev.fern.tools.train;

import dev.fern.detection.DetectorStart;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.model.Detector;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.DetectionTask;
import dev.fern.detection.train.LearningRateRange;
import dev.fern.detection.train.LearningRateRange.Point;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.report.Axis;
import dev.fern.tools.report.Palette;
import dev.fern.tools.report.Plot;
import java.io.IOException;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * Looks for the learning rate of a training by a range test, and draws its loss.
 *
 * @param configuration the settings; their learning rate and length are not used
 * @param train the training images
 * @param loading how images are read ahead
 */
record LearningRateSearch(
        TrainingConfiguration configuration, LabelledImages train, LoaderOptions loading) {

    private static final int STEPS = 100;

    /** Powers of ten of the first and the last step's rate. */
    private static final int LOWEST = -5;

    private static final int HIGHEST = 0;

    /** The axis of the loss ends at this many times the loss of the start. */
    private static final double SHOWN_LOSS = 1.5;

    /**
     * Runs the test, draws it and prints a rate.
     *
     * @param file the picture
     * @param out receives the rate
     * @throws IOException if an image or the weights can't be used, or if the file can't be written
     * @throws InterruptedException if the thread is interrupted meanwhile
     * @throws BadInputException if the machine or the settings can't be used
     */
    void draw(Path file, PrintWriter out)
            throws IOException, InterruptedException, BadInputException {
        LearningRateRange range = measure();
        OptionalDouble rate = range.suggestion();
        try {
            plot(range.points(), rate)
                    .writePng(
                            file, "Learning rate range test, " + range.points().size() + " steps");
        } catch (Plot.NoFontsException e) {
            System.err.println("no curve was drawn: " + e.getMessage());
        }
        if (rate.isPresent()) {
            out.println("--lr " + text(rate.getAsDouble()));
            System.err.println(
                    "the loss falls most steeply at this rate; look at " + VisibleText.of(file));
        } else {
            System.err.println(
                    "the loss falls at none of these rates; look at " + VisibleText.of(file));
        }
        out.flush();
    }

    private LearningRateRange measure()
            throws IOException, InterruptedException, BadInputException {
        Machine.require(configuration.machine(), configuration::deviceList);
        DetectorStart beginning =
                new DetectorStart(configuration, line -> System.err.println(VisibleText.of(line)));
        try (Detector detector = beginning.fresh(train.images().categories());
                DetectionTask task =
                        new DetectionTask(configuration, detector, train.images(), loading)) {
            return LearningRateRange.measure(
                    task,
                    configuration.loop().accumulate(),
                    STEPS,
                    Math.pow(10, LOWEST),
                    Math.pow(10, HIGHEST),
                    LearningRateSearch::tell);
        }
    }

    private static void tell(int steps) {
        if (steps % 20 == 0) {
            System.err.printf("range test: %d/%d steps%n", steps, STEPS);
        }
    }

    private static Plot plot(List<Point> points, OptionalDouble rate) {
        List<Axis.Tick> ticks =
                IntStream.rangeClosed(LOWEST, HIGHEST)
                        .mapToObj(
                                power ->
                                        new Axis.Tick(
                                                power - LOWEST, text(Math.pow(10, power)), ""))
                        .toList();
        double most =
                SHOWN_LOSS * points.stream().limit(1).mapToDouble(Point::loss).max().orElse(1);
        Plot plot =
                new Plot(
                        new Axis("learning rate", HIGHEST - LOWEST, ticks),
                        Axis.upTo("loss", most));
        double[] places = points.stream().mapToDouble(point -> place(point.rate())).toArray();
        plot.curve(
                places,
                points.stream().mapToDouble(Point::loss).toArray(),
                Palette.faint(Palette.SERIES.get(0), 0x44),
                Plot.THIN_LINE,
                "loss");
        plot.curve(
                places,
                points.stream().mapToDouble(Point::smoothed).toArray(),
                Palette.SERIES.get(0),
                Plot.LINE,
                "running mean");
        plot.legend(Palette.SERIES.get(0), "loss, running mean", "");
        points.stream()
                .filter(point -> rate.isPresent() && point.rate() == rate.getAsDouble())
                .forEach(
                        point -> {
                            plot.point(
                                    place(point.rate()),
                                    point.smoothed(),
                                    Palette.SERIES.get(1),
                                    "");
                            plot.legend(Palette.SERIES.get(1), "steepest at", text(point.rate()));
                        });
        return plot;
    }

    private static double place(double rate) {
        return Math.log10(rate) - LOWEST;
    }

    /** Returns a rate with two digits, such as 0.0063. */
    private static String text(double rate) {
        return new BigDecimal(rate).round(new MathContext(2)).stripTrailingZeros().toPlainString();
    }
}
