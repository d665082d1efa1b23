package dev.fern.cocoeval.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class RleTest {
    private static boolean[][] pixels(int height, int width, Random random) {
        boolean[][] pixels = new boolean[height][width];
        for (boolean[] row : pixels) {
            for (int x = 0; x < width; x++) {
                row[x] = random.nextInt(3) == 0;
            }
        }
        return pixels;
    }

    @Property(tries = 300)
    void mergesAndOverlapsAreThoseOfThePixels(
            @ForAll @IntRange(min = 1, max = 12) int height,
            @ForAll @IntRange(min = 1, max = 12) int width,
            @ForAll long seed) {
        Random random = new Random(seed);
        List<boolean[][]> images = new ArrayList<>();
        List<Rle> masks = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            images.add(pixels(height, width, random));
            masks.add(Rle.ofPixels(images.get(i)));
            assertThat(masks.get(i).decode()).isDeepEqualTo(images.get(i));
            assertThat(Rle.parse(height, width, masks.get(i).text())).isEqualTo(masks.get(i));
        }
        boolean[][] any = new boolean[height][width];
        boolean[][] all = new boolean[height][width];
        int both = 0;
        int either = 0;
        int first = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                boolean a = images.get(0)[y][x];
                boolean b = images.get(1)[y][x];
                any[y][x] = a || b || images.get(2)[y][x];
                all[y][x] = a && b && images.get(2)[y][x];
                both += a && b ? 1 : 0;
                either += a || b ? 1 : 0;
                first += a ? 1 : 0;
            }
        }
        assertThat(Rle.union(masks).decode()).isDeepEqualTo(any);
        assertThat(Rle.intersection(masks).decode()).isDeepEqualTo(all);
        assertThat(masks.get(0).area()).isEqualTo(first);
        assertThat(masks.get(0).iou(masks.get(1)))
                .isEqualTo(both == 0 ? 0 : (double) both / either);
        assertThat(masks.get(0).partWithin(masks.get(1)))
                .isEqualTo(both == 0 ? 0 : (double) both / first);
    }

    /** Counted by hand: of a right triangle, the pixels whose centres lie below its hypotenuse. */
    @Test
    void aPolygonCoversThePixelsWithinIt() {
        Rle mask = Rle.ofPolygons(4, 4, List.of(new double[] {0, 0, 4, 4, 0, 4}));
        assertThat(mask.area()).isBetween(6L, 10L);
        assertThat(mask.decode()[3][0]).isTrue();
        assertThat(mask.decode()[0][3]).isFalse();
        assertThat(Rle.ofBox(10, 10, 2, 3, 4, 5).box()).containsExactly(2, 3, 4, 5);
    }

    @Test
    void whatPycocotoolsWouldNeverEndOnIsRefused() {
        Rle full = Rle.ofRuns(4, 4, 2, 14);
        Rle shorter = Rle.ofRuns(4, 4, 2, 8);
        assertThatThrownBy(() -> full.iou(shorter)).hasMessageContaining("different totals");
        assertThatThrownBy(() -> Rle.union(List.of(full, shorter)))
                .hasMessageContaining("different totals");
        assertThatThrownBy(() -> Rle.union(List.of(full, Rle.ofRuns(4, 4))))
                .hasMessageContaining("without runs");
    }

    @Test
    void whatPycocotoolsWouldCrashOnIsRefused() {
        assertThatThrownBy(() -> Rle.ofRuns(0, 4, 1, 2).box()).hasMessageContaining("no rows");
        assertThatThrownBy(() -> Rle.parse(4, 4, "52P")).hasMessageContaining("middle of a number");
        for (double far : new double[] {Double.NaN, Double.POSITIVE_INFINITY, 1e300, -1e9}) {
            assertThatThrownBy(
                            () -> Rle.ofPolygons(4, 4, List.of(new double[] {0, 0, far, 1, 2, 3})))
                    .hasMessageContaining("no place near an image");
        }
        assertThatThrownBy(() -> Rle.ofRuns(1 << 20, 1 << 20, 5, 6).decode())
                .hasMessageContaining("too many");
        assertThatThrownBy(() -> Rle.ofRuns(2, 2, 1, -1)).hasMessageContaining("run 1 is -1");
        assertThatThrownBy(() -> Rle.ofRuns(2, 2, 1, 1L << 32)).hasMessageContaining("run 1");
        assertThatThrownBy(() -> Rle.ofPolygons(2, 2, List.of()))
                .hasMessageContaining("no polygon");
        assertThatThrownBy(() -> Rle.ofRuns(-1, 2)).hasMessageContaining("-1 pixels high");
    }

    @Test
    void sizesThatDifferGiveTheAnswersOfPycocotools() {
        Rle mask = Rle.ofRuns(4, 4, 0, 16);
        Rle other = Rle.ofRuns(5, 4, 0, 20);
        assertThat(mask.iou(other)).isEqualTo(-1);
        assertThat(Rle.union(List.of(mask, other))).isEqualTo(Rle.ofRuns(0, 0));
    }

    /** Three corners a million times give the triangle, an even number of times nothing. */
    @Test
    void cornersThatComeAgainAndAgainCancelInPairs() {
        double[] triangle = {0, 0, 400, 30, 10, 380};
        for (int times : new int[] {1, 1001, 1000}) {
            double[] repeated = new double[6 * times];
            for (int i = 0; i < repeated.length; i++) {
                repeated[i] = triangle[i % 6];
            }
            Rle once = Rle.ofPolygons(400, 400, List.of(triangle));
            assertThat(Rle.ofPolygons(400, 400, List.of(repeated)))
                    .isEqualTo(times % 2 == 1 ? once : Rle.ofRuns(400, 400, 160_000));
        }
    }

    @Test
    @Timeout(120)
    void aMillionCornersAndManyPartsTakeBoundedTime() {
        Random random = new Random(4);
        double[] corners = random.doubles(2_000_000, -50, 700).toArray();
        assertThat(Rle.ofPolygons(640, 640, List.of(corners)).area()).isPositive();
        List<double[]> parts = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            double x = random.nextDouble() * 600;
            double y = random.nextDouble() * 600;
            parts.add(new double[] {x, y, x + 2, y, x + 2, y + 2});
        }
        assertThat(Rle.ofPolygons(640, 640, parts).area()).isPositive();
        double[] wide = {-1e8, 1, 1e8, 1, 1e8, 3, -1e8, 3};
        assertThat(Rle.ofPolygons(8, 8, List.of(wide)).area()).isEqualTo(16);
        assertThatThrownBy(() -> Rle.ofPolygons(8, 1L << 30, List.of(wide, wide)))
                .hasMessageContaining("columns");
    }

    @Test
    void runsThatShrinkByMoreThanPackingHoldsComeOutAsOthers() {
        // as frPyObjects, then area and toBbox of pycocotools 2.0.11 have it
        Rle mask = Rle.ofRuns(2, 16, 0, 1L << 31, 16, 1, 5);
        assertThat(mask.area()).isEqualTo(4294967289L);
        assertThat(mask.box()).containsExactly(0, 0, 1073741824, 2);
        assertThat(Rle.ofRuns(2, 16, 0, 1 << 29, 16, 1, 5).runs())
                .containsExactly(0, 1 << 29, 16, 1, 5);
    }
}
