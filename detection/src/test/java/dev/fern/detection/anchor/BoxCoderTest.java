package dev.fern.detection.anchor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BoxCoderTest {

    @Test
    void codeIsShiftInAnchorSidesAndLogOfTheRatioOfSides() {
        // An anchor of 20 x 40 at (20, 40); a box of 40 x 20 at (30, 50).
        float[] anchor = {10, 20, 30, 60};
        float[] box = {10, 40, 50, 60};
        float[] code = new float[4];
        BoxCoder.encode(box, 0, anchor, 0, code, 0);
        assertThat(code[0]).isEqualTo(0.5f);
        assertThat(code[1]).isEqualTo(0.25f);
        assertThat(code[2]).isCloseTo((float) Math.log(2), within(1e-7f));
        assertThat(code[3]).isCloseTo((float) -Math.log(2), within(1e-7f));
    }

    @Test
    void zeroCodeIsTheAnchorItself() {
        float[] anchor = {-3, 5, 8, 40};
        assertThat(decode(0, 0, 0, 0, anchor)).containsExactly(-3, 5, 8, 40);
    }

    @Test
    void decodingUndoesEncoding() {
        Random random = new Random(1);
        for (int i = 0; i < 2000; i++) {
            float[] anchors = new float[8];
            float[] boxes = new float[12];
            randomBox(random, anchors, 4);
            randomBox(random, boxes, 8);
            float[] code = new float[5];
            BoxCoder.encode(boxes, 8, anchors, 4, code, 1);
            float[] decoded = new float[7];
            BoxCoder.decode(code[1], code[2], code[3], code[4], anchors, 4, decoded, 3);
            for (int j = 0; j < 4; j++) {
                assertThat(decoded[3 + j]).isCloseTo(boxes[8 + j], within(2e-3f));
            }
        }
    }

    @Test
    void encodingUndoesDecoding() {
        Random random = new Random(2);
        for (int i = 0; i < 2000; i++) {
            float[] anchor = new float[4];
            randomBox(random, anchor, 0);
            float[] code = new float[4];
            for (int j = 0; j < 4; j++) {
                code[j] = (float) random.nextGaussian();
            }
            float[] box = decode(code[0], code[1], code[2], code[3], anchor);
            float[] again = new float[4];
            BoxCoder.encode(box, 0, anchor, 0, again, 0);
            for (int j = 0; j < 4; j++) {
                assertThat(again[j]).isCloseTo(code[j], within(2e-3f));
            }
        }
    }

    /** Sides of 10 to 500, so that none is beyond 62.5 times another; corners of -500 to 1000. */
    private static void randomBox(Random random, float[] into, int at) {
        into[at] = random.nextFloat() * 1000 - 500;
        into[at + 1] = random.nextFloat() * 1000 - 500;
        into[at + 2] = into[at] + 10 + random.nextFloat() * 490;
        into[at + 3] = into[at + 1] + 10 + random.nextFloat() * 490;
    }

    @Test
    void decodedSidesAreAtMost62AndAHalfAnchors() {
        float[] anchor = {0, 0, 2, 4};
        float[] box = decode(0, 0, 1e9f, Float.POSITIVE_INFINITY, anchor);
        assertThat(box[2] - box[0]).isCloseTo(125, within(1e-4f));
        assertThat(box[3] - box[1]).isCloseTo(250, within(1e-4f));
        assertThat(box[0] + box[2]).isCloseTo(2, within(1e-4f));
        float below = (float) Math.log(62);
        box = decode(0, 0, below, below, anchor);
        assertThat(box[2] - box[0]).isCloseTo(124, within(1e-4f));
    }

    @Test
    void farTooSmallSidesShrinkToTheCentre() {
        float[] anchor = {0, 0, 2, 4};
        assertThat(decode(0.5f, 0.25f, -1e9f, Float.NEGATIVE_INFINITY, anchor))
                .containsExactly(2, 3, 2, 3);
    }

    private static float[] decode(float dx, float dy, float dw, float dh, float[] anchor) {
        float[] box = new float[4];
        BoxCoder.decode(dx, dy, dw, dh, anchor, 0, box, 0);
        return box;
    }
}
