package dev.fern.tools.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.CanvasRule;
import dev.fern.tools.dataset.DatasetStatistics.AreaCounts;
import dev.fern.tools.dataset.DatasetStatistics.CategoryCount;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class DatasetStatisticsTest {

    /**
     * Two categories on three images: two cats and a crowd of cats, two dogs one of which has no
     * width, and an empty image.
     */
    private static final CocoDataset PETS =
            CocoDataset.of(
                    List.of(
                            new CocoImage(1, "a.jpg", 640, 480),
                            new CocoImage(2, "b.jpg", 640, 480),
                            new CocoImage(5, "c.jpg", 100, 400)),
                    List.of(
                            new CocoCategory(3, "cat", ""),
                            new CocoCategory(9, "dog", ""),
                            new CocoCategory(10, "eel", "")),
                    List.of(
                            new CocoAnnotation(1, 1, 3, new Box(0, 0, 16, 64), 1024, false),
                            new CocoAnnotation(2, 1, 3, new Box(10, 10, 100, 100), 9000, false),
                            new CocoAnnotation(3, 1, 9, new Box(10, 10, 400, 100), 9216, false),
                            new CocoAnnotation(4, 1, 9, new Box(10, 10, 0, 100), 0, false),
                            new CocoAnnotation(5, 2, 3, new Box(0, 0, 300, 300), 70_000, true)));

    @Test
    void countsAreThoseCountedByHand() {
        DatasetStatistics statistics = DatasetStatistics.of(PETS, Optional.empty());

        assertThat(statistics.images()).isEqualTo(3);
        assertThat(statistics.emptyImages()).isEqualTo(2);
        assertThat(statistics.boxes()).isEqualTo(3);
        assertThat(statistics.crowds()).isEqualTo(1);
        assertThat(statistics.zeroAreaBoxes()).isEqualTo(1);
        assertThat(statistics.categories())
                .containsExactly(
                        new CategoryCount(3, "cat", 2, 1, 1),
                        new CategoryCount(9, "dog", 1, 0, 1),
                        new CategoryCount(10, "eel", 0, 0, 0));
        assertThat(statistics.areas()).isEqualTo(new AreaCounts(1, 1, 1));
        assertThat(statistics.boxesPerImage().max()).isEqualTo(3);
        assertThat(statistics.boxesPerImage().mean()).isEqualTo(1);
        assertThat(statistics.canvas()).isNull();
    }

    @Test
    void geometryIsInPixelsOfTheImages() {
        DatasetStatistics statistics = DatasetStatistics.of(PETS, Optional.empty());

        assertThat(statistics.pixels().width().min()).isEqualTo(16);
        assertThat(statistics.pixels().width().median()).isEqualTo(100);
        assertThat(statistics.pixels().height().max()).isEqualTo(100);
        // Square roots of 16 x 64, 100 x 100 and 400 x 100.
        assertThat(statistics.pixels().side().min()).isEqualTo(32);
        assertThat(statistics.pixels().side().median()).isEqualTo(100);
        assertThat(statistics.pixels().side().max()).isEqualTo(200);
        // 64/16, 100/100, 100/400.
        assertThat(statistics.pixels().aspectRatio().min()).isEqualTo(0.25);
        assertThat(statistics.pixels().aspectRatio().mean()).isEqualTo(1.75);
    }

    @Test
    void withACanvasRuleSizesAreAlsoThoseTheNetworkSees() {
        DatasetStatistics statistics =
                DatasetStatistics.of(PETS, Optional.of(new CanvasRule(240, 320)));

        // 640 x 480 becomes 320 x 240, on 320 x 256; 100 x 400 becomes 80 x 320, on 96 x 320.
        assertThat(statistics.canvas().sizes())
                .containsOnly(java.util.Map.entry("320x256", 2), java.util.Map.entry("96x320", 1));
        assertThat(statistics.canvas().pixels().side().min()).isEqualTo(16);
        assertThat(statistics.canvas().pixels().side().max()).isEqualTo(100);
        assertThat(statistics.pixels().side().max()).isEqualTo(200);
    }

    @Test
    void aDataSetWithoutBoxesHasNoGeometry() {
        CocoDataset empty =
                CocoDataset.of(List.of(new CocoImage(1, "a.jpg", 8, 8)), List.of(), List.of());

        DatasetStatistics statistics =
                DatasetStatistics.of(empty, Optional.of(new CanvasRule(240, 320)));

        assertThat(statistics.emptyImages()).isEqualTo(1);
        assertThat(statistics.pixels()).isNull();
        assertThat(statistics.canvas()).isNull();
        assertThat(statistics.boxesPerImage().max()).isZero();
    }

    /** The expected values are numpy.quantile's. */
    @Test
    void quantilesAreInterpolatedAsByNumpy() {
        Distribution distribution = Distribution.of(DoubleStream.of(7, 1, 2, 4, 11, 16));

        assertThat(distribution)
                .isEqualTo(new Distribution(1, 1.25, 2.5, 5.5, 10, 14.75, 16, 41 / 6.0));
        assertThat(Distribution.of(DoubleStream.of(3)))
                .isEqualTo(new Distribution(3, 3, 3, 3, 3, 3, 3, 3));
    }
}
