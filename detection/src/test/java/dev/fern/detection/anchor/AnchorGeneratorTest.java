package dev.fern.detection.anchor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.detection.anchor.AnchorParameters.Rounding;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnchorGeneratorTest {

    /** The nine anchors of P3 around the origin. */
    private static final float[][] SMALLEST_CELL = {
        // Ratio 0.5: sides s * sqrt(2) and s / sqrt(2) for s = 32, 40 (40.3 cut), 50 (50.8 cut);
        // halves 22.6 and 11.3, 28.3 and 14.1, 35.4 and 17.7
        {-23, -11, 23, 11},
        {-28, -14, 28, 14},
        {-35, -18, 35, 18},
        {-16, -16, 16, 16},
        {-20, -20, 20, 20},
        {-25, -25, 25, 25},
        {-11, -23, 11, 23},
        {-14, -28, 14, 28},
        {-18, -35, 18, 35},
    };

    @Test
    void anchorsOfTheSmallestSizeAreThoseOfTorchvision() {
        Anchors anchors = new AnchorGenerator(AnchorParameters.retinaNet()).generate(32, 32);
        for (int a = 0; a < 9; a++) {
            assertThat(box(anchors, a)).as("anchor " + a).containsExactly(SMALLEST_CELL[a]);
        }
    }

    @Test
    void anchorsOfTheLargestSizeAreThoseOfTorchvision() {
        Anchors anchors = new AnchorGenerator(AnchorParameters.retinaNet()).generate(32, 32);
        int first = anchors.levels().get(4).first();
        // 512, 645 (645.08 cut), 812 (812.7 cut)
        assertThat(box(anchors, first + 3)).containsExactly(-256, -256, 256, 256);
        assertThat(box(anchors, first + 4)).containsExactly(-322, -322, 322, 322);
        assertThat(box(anchors, first + 5)).containsExactly(-406, -406, 406, 406);
        // 512 * sqrt(2) / 2 = 362.04, 512 / sqrt(2) / 2 = 181.02
        assertThat(box(anchors, first)).containsExactly(-362, -181, 362, 181);
        assertThat(box(anchors, first + 6)).containsExactly(-181, -362, 181, 362);
    }

    @ParameterizedTest(name = "side {0}: half {1}")
    @CsvSource({"25, 12", "27, 14", "45, 22", "24.9, 12", "26, 13"})
    void halvesOfASideAreRoundedToEven(double side, float half) {
        AnchorParameters parameters =
                new AnchorParameters(
                        List.of(side, 1.0, 1.0, 1.0, 1.0),
                        List.of(1.0),
                        List.of(1.0),
                        Rounding.TORCHVISION);
        assertThat(box(new AnchorGenerator(parameters).generate(32, 32), 0))
                .containsExactly(-half, -half, half, half);
    }

    @Test
    void withoutRoundingEveryAnchorHasItsAreaAndRatio() {
        List<Double> sizes = List.of(10.0, 33.0, 70.0, 150.0, 333.0);
        List<Double> scales = List.of(0.7, 1.9);
        List<Double> ratios = List.of(0.2, 1.0, 3.0);
        Anchors anchors =
                new AnchorGenerator(new AnchorParameters(sizes, scales, ratios, Rounding.NONE))
                        .generate(128, 128);
        for (int l = 0; l < 5; l++) {
            int a = anchors.levels().get(l).first();
            for (double ratio : ratios) {
                for (double scale : scales) {
                    float[] box = box(anchors, a++);
                    double width = (double) box[2] - box[0];
                    double height = (double) box[3] - box[1];
                    double side = sizes.get(l) * scale;
                    assertThat(height / width).isCloseTo(ratio, within(1e-5));
                    assertThat(width * height / (side * side)).isCloseTo(1, within(1e-5));
                    assertThat(box[0]).isEqualTo(-box[2]);
                    assertThat(box[1]).isEqualTo(-box[3]);
                }
            }
        }
    }

    /** Three places of P7 lie on a canvas of 288, of which torchvision makes steps of 96. */
    @ParameterizedTest
    @CsvSource({"TORCHVISION, 96", "NONE, 128", "NONE_CENTRED, 192"})
    void roundingSaysWhereTheSecondPlaceIs(Rounding rounding, float centre) {
        AnchorParameters paper = AnchorParameters.retinaNet();
        Anchors anchors =
                new AnchorGenerator(
                                new AnchorParameters(
                                        paper.sizes(),
                                        paper.scales(),
                                        paper.aspectRatios(),
                                        rounding))
                        .generate(288, 288);
        int top = anchors.levels().get(4).first();

        float[] right = box(anchors, top + 9);
        assertThat((right[0] + right[2]) / 2).isCloseTo(centre, within(1e-3f));
        float[] below = box(anchors, top + 3 * 9);
        assertThat((below[1] + below[3]) / 2).isCloseTo(centre, within(1e-3f));
    }

    @Test
    void orderIsLevelThenRowThenColumnThenRatioThenScale() {
        Anchors anchors = new AnchorGenerator(AnchorParameters.retinaNet()).generate(64, 96);
        // P3: 8 rows of 12, stride 8. Row 2, column 3, ratio 2, scale 2^(1/3).
        int index = ((2 * 12 + 3) * 3 + 2) * 3 + 1;
        assertThat(box(anchors, index)).containsExactly(24 - 14, 16 - 28, 24 + 14, 16 + 28);
        // P4: 4 rows of 6, stride 16; its first place is the 97th of all. Row 3, column 5, ratio 1.
        index = 96 * 9 + (3 * 6 + 5) * 9 + 3;
        assertThat(box(anchors, index)).containsExactly(80 - 32, 48 - 32, 80 + 32, 48 + 32);
    }

    @ParameterizedTest(name = "{0} rows, {1} columns")
    @CsvSource({
        // rows and columns of P3 to P7; strides of P6 and P7, which is where rounding up shows
        "128, 256, '16x32 8x16 4x8 2x4 1x2', 64, 64, 128, 128",
        "32, 32, '4x4 2x2 1x1 1x1 1x1', 32, 32, 32, 32",
        // 96 / 64 and 96 / 128 rounded up: 2 and 1, so the strides are 48 and 96
        "96, 160, '12x20 6x10 3x5 2x3 1x2', 48, 53, 96, 80",
        "800, 1088, '100x136 50x68 25x34 13x17 7x9', 61, 64, 114, 120",
    })
    void smallestMapsRoundUpAndTheirStridesFollowTheCanvas(
            int height,
            int width,
            String maps,
            int p6StrideY,
            int p6StrideX,
            int p7StrideY,
            int p7StrideX) {
        Anchors anchors = new AnchorGenerator(AnchorParameters.retinaNet()).generate(height, width);
        assertThat(
                        anchors.levels().stream()
                                .map(level -> level.rows() + "x" + level.columns())
                                .toList())
                .containsExactly(maps.split(" "));
        assertLastAnchor(anchors, 3, p6StrideY, p6StrideX);
        assertLastAnchor(anchors, 4, p7StrideY, p7StrideX);
        int total = anchors.levels().stream().mapToInt(l -> l.rows() * l.columns() * 9).sum();
        assertThat(anchors.count()).isEqualTo(total);
        assertThat(anchors.perLocation()).isEqualTo(9);
    }

    private static void assertLastAnchor(Anchors anchors, int l, int strideY, int strideX) {
        Anchors.Level level = anchors.levels().get(l);
        int last = level.first() + level.rows() * level.columns() * 9 - 1;
        float[] box = box(anchors, last);
        assertThat((box[0] + box[2]) / 2).isEqualTo((level.columns() - 1f) * strideX);
        assertThat((box[1] + box[3]) / 2).isEqualTo((level.rows() - 1f) * strideY);
    }

    @Test
    void canvasThatIsAskedForAgainHasTheSameAnchors() {
        AnchorGenerator generator = new AnchorGenerator(AnchorParameters.retinaNet());
        float[] boxes = generator.generate(64, 32).boxes().clone();
        for (int i = 1; i <= 100; i++) {
            assertThat(generator.generate(32 * i, 32).levels().get(0).rows()).isEqualTo(4 * i);
        }
        assertThat(generator.generate(64, 32).boxes()).containsExactly(boxes);
        assertThat(generator.generate(32, 64).boxes()).isNotEqualTo(boxes);
    }

    @Test
    void settingsThatMakeNoAnchorsAreRefused() {
        List<Double> sizes = List.of(32.0, 64.0, 128.0, 256.0, 512.0);
        List<Double> one = List.of(1.0);
        assertThatThrownBy(() -> parameters(sizes.subList(0, 4), one, one))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("5 levels");
        assertThatThrownBy(() -> parameters(List.of(0.0, 1.0, 1.0, 1.0, 1.0), one, one))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("anchor sizes");
        assertThatThrownBy(() -> parameters(sizes, List.of(), one))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("anchor scales");
        assertThatThrownBy(() -> parameters(sizes, one, List.of(Double.NaN)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("anchor aspect ratios");
        assertThatThrownBy(() -> parameters(sizes, one, List.of(Double.POSITIVE_INFINITY)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void moreAnchorsAPlaceThanAnyoneNeedsAreRefused() {
        List<Double> sizes = List.of(32.0, 64.0, 128.0, 256.0, 512.0);
        Double[] many = new Double[1000];
        Arrays.fill(many, 1.0);
        assertThatThrownBy(() -> parameters(sizes, List.of(many), List.of(many)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1000000 anchors");
    }

    private static AnchorParameters parameters(
            List<Double> sizes, List<Double> scales, List<Double> ratios) {
        return new AnchorParameters(sizes, scales, ratios, Rounding.NONE);
    }

    private static float[] box(Anchors anchors, int index) {
        return Arrays.copyOfRange(anchors.boxes(), 4 * index, 4 * index + 4);
    }
}
