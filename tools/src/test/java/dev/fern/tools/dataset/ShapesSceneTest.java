package dev.fern.tools.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.cocoeval.Box;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.dataset.ShapesScene.VisibleObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ShapesSceneTest {

    private static final int WIDTH = 256;
    private static final int HEIGHT = 192;
    private static final List<ShapesScene> SCENES = new ArrayList<>();

    @BeforeAll
    static void paint() {
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < 200; i++) {
            SCENES.add(scene(ShapesSynthesizer.DEFAULT_COUNTS, Optional.empty(), random.split()));
        }
    }

    private static ShapesScene scene(
            IntRange counts, Optional<IntRange> sides, SplittableRandom random) {
        return new ShapesScene(new ImageSize(WIDTH, HEIGHT), counts, sides, random);
    }

    @Test
    void countsAndSidesStayInTheirRanges() {
        SplittableRandom random = new SplittableRandom(12);
        IntRange counts = new IntRange(1, 2);
        IntRange sides = new IntRange(60, 120);
        int most = 0;
        double largest = 0;
        for (int i = 0; i < 60; i++) {
            List<VisibleObject> objects =
                    scene(counts, Optional.of(sides), random.split()).objects().stream()
                            .filter(object -> !object.crowd())
                            .toList();
            assertThat(objects).hasSizeLessThanOrEqualTo(2);
            most = Math.max(most, objects.size());
            for (VisibleObject object : objects) {
                // a stretched and turned square of 120, in a box along the axes
                assertThat(Math.max(object.box().width(), object.box().height()))
                        .isLessThan(120 * Math.pow(2, 0.4) * Math.sqrt(2));
                largest = Math.max(largest, object.box().width());
            }
        }
        assertThat(most).isEqualTo(2);
        assertThat(largest).isGreaterThan(100);
    }

    @Test
    void allThreeAreaRangesOccurOften() {
        long small = objects().stream().filter(object -> object.area() < 32 * 32).count();
        long large = objects().stream().filter(object -> object.area() > 96 * 96).count();

        assertThat(small).isGreaterThan(objects().size() / 5);
        assertThat(large).isGreaterThan(objects().size() / 30);
        assertThat(objects().size() - small - large).isGreaterThan(objects().size() / 5);
    }

    @Test
    void crowdsAndEmptyPicturesOccurSometimes() {
        assertThat(objects().stream().filter(VisibleObject::crowd)).hasSizeBetween(5, 40);
        assertThat(SCENES.stream().filter(scene -> scene.objects().isEmpty()))
                .hasSizeBetween(2, 25);
    }

    @Test
    void everyCategoryOccursAboutEquallyOften() {
        for (ShapeCategory category : ShapeCategory.values()) {
            assertThat(objects().stream().filter(object -> object.category() == category).count())
                    .isBetween(objects().size() / 8L, objects().size() / 3L);
        }
    }

    @Test
    void someObjectsOverlap() {
        long overlapping =
                SCENES.stream()
                        .filter(
                                scene ->
                                        scene.objects().stream()
                                                .anyMatch(
                                                        a ->
                                                                scene.objects().stream()
                                                                        .anyMatch(
                                                                                b ->
                                                                                        a != b
                                                                                                && intersect(
                                                                                                        a
                                                                                                                .box(),
                                                                                                        b
                                                                                                                .box()))))
                        .count();

        assertThat(overlapping).isGreaterThan(SCENES.size() / 4);
    }

    @Test
    void boxesLieWithinThePictureAndHoldTheirArea() {
        assertThat(objects())
                .allSatisfy(
                        object -> {
                            Box box = object.box();
                            assertThat(Math.min(box.x(), box.y())).isNotNegative();
                            assertThat(box.x2()).isLessThanOrEqualTo(WIDTH);
                            assertThat(box.y2()).isLessThanOrEqualTo(HEIGHT);
                            assertThat(object.area())
                                    .isPositive()
                                    .isLessThanOrEqualTo((int) box.area());
                        });
    }

    /**
     * A lone shape makes what is within its box stand out from the mean colour around it; a box
     * elsewhere would not.
     */
    @Test
    void boxesFitWhatIsPainted() {
        int looked = 0;
        for (ShapesScene scene : SCENES) {
            if (scene.objects().size() != 1 || scene.objects().get(0).crowd()) {
                continue;
            }
            VisibleObject object = scene.objects().get(0);
            Box box = object.box();
            double inside = contrast(scene, box, box);
            double outside = contrast(scene, new Box(0, 0, WIDTH, HEIGHT), box);
            assertThat(inside).isGreaterThan(2 * outside);
            looked++;
        }
        assertThat(looked).isGreaterThan(5);
    }

    /**
     * Mean distance of the pixels of a region from the mean colour outside the box; only outside,
     * unless the region is the box.
     */
    private static double contrast(ShapesScene scene, Box region, Box box) {
        double[] mean = new double[3];
        int count = 0;
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                if (!contains(box, x, y)) {
                    for (int channel = 0; channel < 3; channel++) {
                        mean[channel] += scene.image().getRGB(x, y) >> 8 * channel & 255;
                    }
                    count++;
                }
            }
        }
        double sum = 0;
        int pixels = 0;
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                if (contains(region, x, y) && (region == box || !contains(box, x, y))) {
                    double squares = 0;
                    for (int channel = 0; channel < 3; channel++) {
                        double difference =
                                (scene.image().getRGB(x, y) >> 8 * channel & 255)
                                        - mean[channel] / count;
                        squares += difference * difference;
                    }
                    sum += Math.sqrt(squares);
                    pixels++;
                }
            }
        }
        return sum / pixels;
    }

    private static boolean contains(Box box, int x, int y) {
        return x >= box.x() && x < box.x2() && y >= box.y() && y < box.y2();
    }

    private static boolean intersect(Box a, Box b) {
        return a.x() < b.x2() && b.x() < a.x2() && a.y() < b.y2() && b.y() < a.y2();
    }

    private static List<VisibleObject> objects() {
        return SCENES.stream().flatMap(scene -> scene.objects().stream()).toList();
    }
}
