package dev.fern.detection.anchor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class AnchorTargetsTest {

    private static final Anchors ANCHORS =
            new AnchorGenerator(AnchorParameters.retinaNet()).generate(128, 160);

    @Test
    void positiveAnchorsHaveTheCategoryAndTheCodeOfTheirBox() {
        float[] boxes = {10, 20, 60, 70, 90, 5, 150, 100, 64, 64, 70, 69};
        int[] categories = {7, 0, 3};
        int[] matches = Matcher.retinaNet().match(ANCHORS.boxes(), boxes);
        AnchorTargets targets =
                AnchorTargets.assign(Matcher.retinaNet(), ANCHORS, boxes, categories);

        assertThat(targets.labels()).hasSize(ANCHORS.count());
        assertThat(targets.codes()).hasSize(4 * targets.positives().length);
        int p = 0;
        for (int a = 0; a < matches.length; a++) {
            if (matches[a] < 0) {
                assertThat(targets.labels()[a]).isEqualTo(matches[a]);
                continue;
            }
            assertThat(targets.labels()[a]).isEqualTo(categories[matches[a]]);
            assertThat(targets.positives()[p]).isEqualTo(a);
            float[] box = new float[4];
            BoxCoder.decode(
                    targets.codes()[4 * p],
                    targets.codes()[4 * p + 1],
                    targets.codes()[4 * p + 2],
                    targets.codes()[4 * p + 3],
                    ANCHORS.boxes(),
                    4 * a,
                    box,
                    0);
            for (int j = 0; j < 4; j++) {
                assertThat(box[j]).isCloseTo(boxes[4 * matches[a] + j], within(1e-3f));
            }
            p++;
        }
        assertThat(targets.positives()).hasSize(p);
        // Every box is learned, the one of 6 x 5 pixels by its best anchors alone.
        assertThat(targets.labels()).contains(7, 0, 3, Matcher.IGNORED);
    }

    @Test
    void imageWithoutBoxesIsAllBackground() {
        AnchorTargets targets =
                AnchorTargets.assign(Matcher.retinaNet(), ANCHORS, new float[0], new int[0]);
        assertThat(targets.labels()).containsOnly(Matcher.BACKGROUND);
        assertThat(targets.positives()).isEmpty();
        assertThat(targets.codes()).isEmpty();
    }
}
