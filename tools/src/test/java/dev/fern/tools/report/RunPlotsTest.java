package dev.fern.tools.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.CocoMetric;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;

class RunPlotsTest {

    private static final int BLACK = 0x333333;
    private static final int BLUE = 0x0072B2;
    private static final int VERMILION = 0xD55E00;
    private static final int GREEN = 0x009E73;

    @TempDir Path folder;

    @Test
    void runningMeansNarrowAtTheEndsAndSkipWhatIsNotFinite() {
        assertThat(Smoothing.runningMean(new double[] {1, 2, 6, Double.NaN, 10}, 1))
                .containsExactly(1.5, 3, 4, 8, 10);
        assertThat(Smoothing.runningMean(new double[] {1, Double.POSITIVE_INFINITY, 3}, 0))
                .containsExactly(1, Double.NaN, 3);
        assertThat(Smoothing.runningMean(new double[0], 3)).isEmpty();
    }

    @Test
    void theLossPlotShowsEachPartAtItsHeight() throws Exception {
        StepCurves losses = new StepCurves();
        for (int step = 1; step <= 300; step++) {
            losses.add(step(step, 0.75, 0.25));
        }

        BufferedImage plot = image(loss(losses));

        assertThat(plot.getWidth()).isEqualTo(900);
        assertThat(plot.getHeight()).isEqualTo(500);
        // The axis starts at 0, so heights above it are as 1 to 0.75 to 0.25.
        double total = meanRow(plot, BLACK, 200, 800);
        double classification = meanRow(plot, BLUE, 200, 800);
        double box = meanRow(plot, VERMILION, 200, 800);
        assertThat((box - classification) / (classification - total)).isCloseTo(2, within(0.05));
    }

    @Test
    void aSpikeDoesNotFlattenTheRest() throws Exception {
        StepCurves losses = new StepCurves();
        for (int step = 1; step <= 300; step++) {
            losses.add(step(step, step == 150 ? 10_000 : 0.75, 0.25));
        }

        BufferedImage plot = image(loss(losses));

        assertThat(meanRow(plot, VERMILION, 600, 800) - meanRow(plot, BLACK, 600, 800))
                .isGreaterThan(100);
    }

    @Test
    void scoresRiseFromLeftToRight() throws Exception {
        List<EpochScores> scores = new ArrayList<>();
        for (int epoch = 1; epoch <= 20; epoch++) {
            scores.add(scores(epoch, epoch / 40.0, epoch / 20.0, epoch / 30.0));
        }

        BufferedImage plot = image(averagePrecision(scores));

        for (int color : new int[] {BLUE, GREEN, VERMILION}) {
            assertThat(meanRow(plot, color, 600, 800)).isLessThan(meanRow(plot, color, 100, 300));
        }
        assertThat(meanRow(plot, GREEN, 600, 800)).isLessThan(meanRow(plot, VERMILION, 600, 800));
        assertThat(meanRow(plot, VERMILION, 600, 800)).isLessThan(meanRow(plot, BLUE, 600, 800));
    }

    @Test
    void undefinedScoresAndLossesAreLeftOut() throws Exception {
        BufferedImage scores =
                image(averagePrecision(List.of(scores(1, -1, 0.5, 0.5), scores(2, -1, 0.6, 0.5))));
        assertThat(meanRow(scores, BLUE, 0, 900)).isNaN();
        assertThat(meanRow(scores, GREEN, 0, 900)).isNotNaN();

        StepCurves unclassified = new StepCurves();
        unclassified.add(step(1, Double.NaN, 1));
        unclassified.add(step(2, Double.NaN, 1));
        BufferedImage losses = image(loss(unclassified));
        assertThat(meanRow(losses, BLUE, 0, 900)).isNaN();
        assertThat(meanRow(losses, VERMILION, 0, 900)).isNotNaN();
    }

    @Test
    void aRunWithoutStepsOrEpochsHasEmptyPlots() throws Exception {
        assertThat(meanRow(image(loss(new StepCurves())), BLACK, 200, 800)).isNaN();
        assertThat(meanRow(image(averagePrecision(List.of())), BLUE, 200, 800)).isNaN();
    }

    @Test
    void svgIsOneElementOfModestSizeHoweverLongTheRun() throws Exception {
        StepCurves losses = new StepCurves();
        for (int step = 1; step <= 200_000; step++) {
            losses.add(step(step, 0.5 + step % 7, 0.5));
        }

        String svg = svg(loss(losses));

        assertThat(svg).startsWith("<svg").hasSizeLessThan(1_000_000);
        assertThat(parsed(svg).getAttribute("viewBox")).isEqualTo("0 0 460 320");
    }

    @Test
    void textsAreShownAsTheyAre() throws Exception {
        Plot plot = new Plot(Axis.unit("A < B & C"), Axis.unit("\"D\""));
        plot.curve(new double[] {0, 1}, new double[] {0, 1}, "#0072b2", 2, "<E>");
        plot.legend("#0072b2", "<F>", "&G");

        Element svg = parsed(svg(plot));

        assertThat(svg.getAttribute("aria-label")).isEqualTo("\"D\" by A < B & C");
        assertThat(svg.getElementsByTagName("title").item(0).getTextContent()).isEqualTo("<E>");
        assertThat(plot.html(Plot.Size.LANDSCAPE)).endsWith("&lt;F&gt; <b>&amp;G</b></li></ul>");
        assertThat(meanRow(image(plot), BLUE, 300, 500)).isBetween(100.0, 350.0);
    }

    @Test
    void filesAreWrittenWholeOrNotAtAll() throws Exception {
        Plot plot = averagePrecision(List.of(scores(1, 0.1, 0.2, 0.1)));

        plot.writePng(folder.resolve("ap.png"), "AP");

        assertThat(ImageIO.read(folder.resolve("ap.png").toFile()).getWidth()).isEqualTo(900);
        assertThat(svg(plot)).startsWith("<svg");
        assertThatThrownBy(() -> plot.writePng(folder.resolve("absent/ap.png"), "AP"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("absent");
        try (var files = Files.list(folder)) {
            assertThat(files).hasSize(1);
        }
    }

    private static Plot loss(StepCurves losses) {
        return new RunPlots(losses, List.of()).loss();
    }

    private static Plot averagePrecision(List<EpochScores> scores) {
        return new RunPlots(new StepCurves(), scores).averagePrecisionByEpoch();
    }

    private static String svg(Plot plot) {
        String html = plot.html(Plot.Size.LANDSCAPE);
        return html.substring(0, html.indexOf("<ul"));
    }

    private static Element parsed(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)))
                .getDocumentElement();
    }

    private static StepCurves.StepNumbers step(long step, double classification, double box) {
        return new StepCurves.StepNumbers(step, classification, box, 0.1, 1, 2, 0.5);
    }

    private static EpochScores scores(int epoch, double ap, double ap50, double ap75) {
        return new EpochScores(
                epoch,
                epoch,
                Map.of(CocoMetric.AP, ap, CocoMetric.AP50, ap50, CocoMetric.AP75, ap75));
    }

    private static BufferedImage image(Plot plot) throws Exception {
        return ImageIO.read(new ByteArrayInputStream(plot.png("Title")));
    }

    /**
     * Mean row of the pixels of exactly this colour within the axes, between two columns; NaN if
     * there are none.
     */
    private static double meanRow(BufferedImage plot, int color, int fromColumn, int toColumn) {
        double sum = 0;
        int count = 0;
        for (int y = 33; y < 410; y++) {
            for (int x = fromColumn; x < toColumn; x++) {
                if ((plot.getRGB(x, y) & 0xffffff) == color) {
                    sum += y;
                    count++;
                }
            }
        }
        return sum / count;
    }
}
