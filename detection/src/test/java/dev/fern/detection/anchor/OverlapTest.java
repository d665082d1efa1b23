package dev.fern.detection.anchor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class OverlapTest {

    @Test
    void overlapIsTheShareOfPixels() {
        Random random = new Random(3);
        PixelBoxes a = PixelBoxes.random(random, 60);
        PixelBoxes b = PixelBoxes.random(random, 60);
        for (int i = 0; i < a.count(); i++) {
            for (int j = 0; j < b.count(); j++) {
                PixelBoxes.Fraction share = a.iou(i, b, j);
                assertThat(Overlap.iou(a.xyxy(), 4 * i, b.xyxy(), 4 * j))
                        .isEqualTo((float) share.numerator() / share.denominator());
            }
        }
    }

    @Test
    void boxesThatTouchDoNotOverlap() {
        float[] boxes = {0, 0, 4, 4, 4, 0, 8, 4, 0, 4, 4, 8, 4, 4, 8, 8};
        for (int other = 4; other < boxes.length; other += 4) {
            assertThat(Overlap.iou(boxes, 0, boxes, other)).isZero();
            assertThat(Overlap.iou(boxes, other, boxes, 0)).isZero();
        }
    }

    @Test
    void boxOverlapsItselfWholly() {
        float[] box = {0.1f, 0.2f, 1000.3f, 0.7f};
        assertThat(Overlap.iou(box, 0, box, 0)).isEqualTo(1);
    }

    @Test
    void boxesWithoutAreaOverlapNothing() {
        float[] boxes = {2, 2, 2, 5, 0, 3, 9, 3, 4, 4, 4, 4, 0, 0, 9, 9};
        for (int i = 0; i < 12; i += 4) {
            for (int j = 0; j < boxes.length; j += 4) {
                assertThat(Overlap.iou(boxes, i, boxes, j)).isZero();
                assertThat(Overlap.iou(boxes, j, boxes, i)).isZero();
            }
        }
    }

    @Test
    void rowsHaveTheBitsOfSingleOverlaps() {
        Random random = new Random(5);
        for (int count = 0; count < 40; count++) {
            float[] anchors = boxes(random, count);
            float[] boxes = boxes(random, 7);
            OverlapRows rows = new OverlapRows(anchors);
            for (int b = 0; b < 7; b++) {
                float[] row = rows.with(boxes, 4 * b);
                assertThat(row).hasSize(count);
                for (int a = 0; a < count; a++) {
                    float alone = Overlap.iou(anchors, 4 * a, boxes, 4 * b);
                    assertThat(Float.isNaN(row[a]) ? 0 : row[a]).isEqualTo(alone);
                }
            }
        }
    }

    /** Boxes at fractions of pixels, a few of them without width or height. */
    private static float[] boxes(Random random, int count) {
        float[] boxes = new float[4 * count];
        for (int i = 0; i < boxes.length; i += 4) {
            boxes[i] = 90 * random.nextFloat() - 20;
            boxes[i + 1] = 90 * random.nextFloat() - 20;
            boxes[i + 2] = boxes[i] + (random.nextInt(8) == 0 ? 0 : 60 * random.nextFloat());
            boxes[i + 3] = boxes[i + 1] + (random.nextInt(8) == 0 ? 0 : 60 * random.nextFloat());
        }
        return boxes;
    }
}
