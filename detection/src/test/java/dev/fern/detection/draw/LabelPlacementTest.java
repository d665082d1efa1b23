package dev.fern.detection.draw;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LabelPlacementTest {

    @Test
    void aLabelStandsAboveItsBoxWhereNothingIsInTheWay() {
        Rectangle2D box = box(50, 50, 80, 40);
        assertThat(new LabelPlacement(400, 300, List.of(box)).place(box, 60, 12))
                .contains(box(50, 38, 60, 12));
    }

    @Test
    void aLabelGivesWayToASmallNeighbour() {
        Rectangle2D box = box(50, 50, 80, 80);
        Rectangle2D small = box(55, 36, 12, 12);
        Rectangle2D place =
                new LabelPlacement(400, 300, List.of(box, small)).place(box, 40, 12).orElseThrow();
        assertThat(place.intersects(small)).isFalse();
    }

    @Test
    void noLabelHidesABoxOrAnotherLabelOrLeavesThePicture() {
        SplittableRandom random = new SplittableRandom(4);
        Rectangle2D picture = box(0, 0, 640, 480);
        int placed = 0;
        for (int round = 0; round < 50; round++) {
            List<Rectangle2D> boxes = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                double width = random.nextDouble(4, 150);
                double height = random.nextDouble(4, 150);
                boxes.add(
                        box(
                                random.nextDouble(640 - width),
                                random.nextDouble(480 - height),
                                width,
                                height));
            }
            LabelPlacement places = new LabelPlacement(640, 480, boxes);
            List<Rectangle2D> labels = new ArrayList<>();
            for (Rectangle2D box : boxes) {
                Optional<Rectangle2D> label = places.place(box, 70, 14);
                label.ifPresent(labels::add);
            }
            placed += labels.size();
            for (int i = 0; i < labels.size(); i++) {
                Rectangle2D label = labels.get(i);
                assertThat(picture.contains(label)).isTrue();
                for (int j = 0; j < i; j++) {
                    assertThat(common(label, labels.get(j))).isLessThan(0.051 * 70 * 14);
                }
                for (Rectangle2D box : boxes) {
                    assertThat(common(label, box))
                            .isLessThanOrEqualTo(
                                    0.5 * Math.max(1, box.getWidth() * box.getHeight()) + 1e-9);
                }
            }
        }
        assertThat(placed).isGreaterThan(50 * 15);
    }

    @Test
    void aSmallPictureIsNotCoveredByLabels() {
        Rectangle2D box = box(2, 2, 20, 20);
        assertThat(new LabelPlacement(24, 24, List.of(box)).place(box, 20, 9)).isEmpty();
    }

    private static Rectangle2D box(double x, double y, double width, double height) {
        return new Rectangle2D.Double(x, y, width, height);
    }

    private static double common(Rectangle2D a, Rectangle2D b) {
        double width = Math.min(a.getMaxX(), b.getMaxX()) - Math.max(a.getMinX(), b.getMinX());
        double height = Math.min(a.getMaxY(), b.getMaxY()) - Math.max(a.getMinY(), b.getMinY());
        return width <= 0 || height <= 0 ? 0 : width * height;
    }
}
