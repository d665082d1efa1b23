package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BoxOverlapTest {
    private static double iou(boolean crowd, double... detectionThenTruth) {
        return BoxOverlap.iou(detectionThenTruth, 0, detectionThenTruth, 4, crowd);
    }

    @Test
    void isIntersectionOverUnion() {
        // 5 x 10 shared, of 100 + 100
        assertThat(iou(false, 0, 0, 10, 10, 5, 0, 10, 10)).isEqualTo(50.0 / 150);
        assertThat(iou(false, -5, -5, 10, 10, -5, -5, 10, 10)).isEqualTo(1);
    }

    @Test
    void isIntersectionOverDetectionForACrowd() {
        assertThat(iou(true, 0, 0, 10, 10, 5, 0, 1000, 1000)).isEqualTo(0.5);
    }

    @Test
    void isZeroForBoxesThatTouchOrHaveNoArea() {
        assertThat(iou(false, 0, 0, 10, 10, 10, 0, 10, 10)).isZero();
        assertThat(iou(false, 0, 0, 10, 10, 0, 10, 10, 10)).isZero();
        assertThat(iou(false, 3, 3, 0, 0, 3, 3, 0, 0)).isZero();
    }

    @Test
    void takesTheOtherEdgeWhereOneIsNotANumber() {
        // fmin(NaN, 20) - fmax(NaN, 10) = 10 wide, 10 high: 100 / NaN
        assertThat(iou(false, Double.NaN, 0, 10, 10, 10, 0, 10, 10)).isEqualTo(100.0 / 100);
    }
}
