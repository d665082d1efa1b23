package dev.fern.detection.anchor;

import static dev.fern.detection.anchor.Matcher.BACKGROUND;
import static dev.fern.detection.anchor.Matcher.IGNORED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.detection.anchor.PixelBoxes.Fraction;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MatcherTest {

    /** 0.5 and 0.4 as the thresholds of {@link Matcher#retinaNet()}. */
    private static final Fraction POSITIVE = new Fraction(1, 2);

    private static final Fraction NEGATIVE = new Fraction(2, 5);

    @ParameterizedTest(name = "low-quality matches: {0}")
    @ValueSource(booleans = {true, false})
    void matchesAreThoseOfTheDefinition(boolean lowQuality) {
        Random random = new Random(4);
        Matcher matcher = new Matcher(0.5f, 0.4f, lowQuality);
        Set<Integer> kinds = new HashSet<>();
        for (int trial = 0; trial < 60; trial++) {
            PixelBoxes anchors = PixelBoxes.random(random, 30);
            PixelBoxes boxes = PixelBoxes.random(random, random.nextInt(6));
            int[] expected = defined(anchors, boxes, lowQuality);
            assertThat(matcher.match(anchors.xyxy(), boxes.xyxy())).containsExactly(expected);
            for (int match : expected) {
                kinds.add(Math.min(match, 0));
            }
        }
        assertThat(kinds).contains(BACKGROUND, IGNORED, 0);
    }

    /** The paper's rule with torchvision's ties, in exact arithmetic, anchor by anchor. */
    private static int[] defined(PixelBoxes anchors, PixelBoxes boxes, boolean lowQuality) {
        int[] matches = new int[anchors.count()];
        for (int a = 0; a < matches.length; a++) {
            Fraction best = Fraction.ZERO;
            int bestBox = -1;
            boolean bestOfSomeBox = false;
            for (int b = 0; b < boxes.count(); b++) {
                Fraction iou = anchors.iou(a, boxes, b);
                if (iou.compareTo(best) > 0) {
                    best = iou;
                    bestBox = b;
                }
                bestOfSomeBox |= iou.numerator() > 0 && isBestOfBox(anchors, iou, boxes, b);
            }
            if (best.compareTo(POSITIVE) >= 0 || (lowQuality && bestOfSomeBox)) {
                matches[a] = bestBox;
            } else {
                matches[a] = best.compareTo(NEGATIVE) >= 0 ? IGNORED : BACKGROUND;
            }
        }
        return matches;
    }

    private static boolean isBestOfBox(
            PixelBoxes anchors, Fraction iou, PixelBoxes boxes, int box) {
        for (int a = 0; a < anchors.count(); a++) {
            if (anchors.iou(a, boxes, box).compareTo(iou) > 0) {
                return false;
            }
        }
        return true;
    }

    @Test
    void thresholdsThemselvesArePositiveAndIgnored() {
        // Overlaps with the box of 10 x 10: 10, 5, 4 and 3.9 tenths.
        float[] anchors = {0, 0, 10, 10, 0, 0, 5, 10, 0, 0, 4, 10, 0, 0, 3.9f, 10};
        float[] box = {0, 0, 10, 10};
        assertThat(Matcher.retinaNet().match(anchors, box))
                .containsExactly(0, 0, IGNORED, BACKGROUND);
    }

    @Test
    void anchorThatOverlapsTwoBoxesAlikeGoesToTheFirst() {
        float[] anchor = {0, 0, 10, 10};
        float[] boxes = {0, 0, 10, 8, 0, 2, 10, 10};
        assertThat(Matcher.retinaNet().match(anchor, boxes)).containsExactly(0);
    }

    @Test
    void everyAnchorThatOverlapsABoxBestIsRestored() {
        // The box of 2 x 2 lies in both anchors of 10 x 10: 0.04 each, the best there is.
        float[] anchors = {0, 0, 10, 10, 3, 3, 13, 13, 50, 50, 60, 60};
        float[] box = {5, 5, 7, 7};
        assertThat(Matcher.retinaNet().match(anchors, box)).containsExactly(0, 0, BACKGROUND);
        assertThat(new Matcher(0.5f, 0.4f, false).match(anchors, box))
                .containsExactly(BACKGROUND, BACKGROUND, BACKGROUND);
    }

    @Test
    void anchorThatIsTheBestOfTwoBoxesGoesToTheOneItOverlapsMore() {
        // One anchor in reach: 0.09 with the first box, 0.16 with the second.
        float[] anchors = {0, 0, 10, 10, 90, 90, 99, 99};
        float[] boxes = {0, 0, 3, 3, 5, 5, 9, 9};
        assertThat(Matcher.retinaNet().match(anchors, boxes)).containsExactly(1, BACKGROUND);
    }

    @Test
    void restoredAnchorMayTurnFromTheBoxThatClaimsItToABetterOne() {
        // The first anchor is the second box's best (0.25) but overlaps the first box more (0.36),
        // whose own best is the second anchor (0.6).
        float[] anchors = {0, 0, 10, 10, 0, 0, 6, 10};
        float[] boxes = {0, 0, 6, 6, 5, 5, 10, 10};
        assertThat(Matcher.retinaNet().match(anchors, boxes)).containsExactly(0, 0);
    }

    @Test
    void withoutBoxesEverythingIsBackground() {
        float[] anchors = {0, 0, 10, 10, 3, 3, 13, 13};
        assertThat(Matcher.retinaNet().match(anchors, new float[0]))
                .containsExactly(BACKGROUND, BACKGROUND);
    }

    @Test
    void boxThatNoAnchorOverlapsRestoresNone() {
        float[] anchors = {0, 0, 10, 10, 3, 3, 13, 13};
        assertThat(Matcher.retinaNet().match(anchors, new float[] {40, 40, 50, 50}))
                .containsExactly(BACKGROUND, BACKGROUND);
        // Nor one without area, which overlaps nothing.
        assertThat(Matcher.retinaNet().match(anchors, new float[] {5, 5, 5, 9}))
                .containsExactly(BACKGROUND, BACKGROUND);
    }

    @Test
    void thresholdsOutOfOrderAreRefused() {
        assertThatThrownBy(() -> new Matcher(0.4f, 0.5f, true))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Matcher(1.1f, 0.5f, true))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Matcher(Float.NaN, 0.5f, true))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
