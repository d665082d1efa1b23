package dev.fern.backbone.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PackedWeightsTest {

    private static final Shape WEIGHTS = new Shape(36, 20, 3, 3);

    private final NDManager manager = NDManager.newBaseManager();
    private final PackedWeights kept = new PackedWeights();
    private NDArray weights;

    @BeforeEach
    void recordNothing() {
        EngineBridge.of(manager).recordNothing();
        weights = manager.create(random(WEIGHTS.size(), 1), WEIGHTS);
    }

    @AfterEach
    void close() {
        kept.close();
        manager.close();
    }

    @Test
    void weightsThatChangeAreSeenByTheNextPass() {
        for (int step = 2; step < 8; step++) {
            // oneDNN lays weights out otherwise for another map
            int side = step % 3 == 0 ? 5 : 40;
            assertThat(convolved(kept, side)).isEqualTo(convolvedAnew(side));
            weights.set(random(WEIGHTS.size(), step));
            assertThat(convolved(kept, side)).isEqualTo(convolvedAnew(side));
        }
    }

    @Test
    void oneChangedNumberIsSeen() {
        convolved(kept, 9);
        float[] values = random(WEIGHTS.size(), 1);
        values[values.length - 1] += 1;
        weights.set(values);
        assertThat(convolved(kept, 9)).isEqualTo(convolvedAnew(9));
    }

    @Test
    void passGoesOnWithTheWeightsThatItHasPacked() {
        try (Tape first = Tape.inference(manager, Precision.FLOAT32, kept)) {
            float[] before = convolve(first, 9);
            weights.set(random(WEIGHTS.size(), 2));
            float[] after = convolved(kept, 9);
            assertThat(after).isEqualTo(convolvedAnew(9)).isNotEqualTo(before);
            assertThat(convolve(first, 9)).isEqualTo(before);
        }
        assertThat(convolved(kept, 9)).isEqualTo(convolvedAnew(9));
    }

    private float[] convolvedAnew(int side) {
        try (PackedWeights packed = new PackedWeights()) {
            return convolved(packed, side);
        }
    }

    private float[] convolved(PackedWeights packed, int side) {
        try (Tape tape = Tape.inference(manager, Precision.FLOAT32, packed)) {
            return convolve(tape, side);
        }
    }

    private float[] convolve(Tape tape, int side) {
        Shape shape = new Shape(1, WEIGHTS.get(1), side, side);
        MapArray map = (MapArray) tape.enter(direct(random(shape.size(), 9)), shape);
        NDArray result =
                ConvolutionFunction.apply(map, weights, null, 1, 1, 1, 1, Precision.FLOAT32);
        return EngineBridge.of(result).copy(result);
    }

    private static float[] random(long count, int seed) {
        Random random = new Random(seed);
        float[] values = new float[Math.toIntExact(count)];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return values;
    }

    private static FloatBuffer direct(float[] values) {
        FloatBuffer buffer =
                ByteBuffer.allocateDirect(Float.BYTES * values.length)
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer();
        return buffer.put(values).rewind();
    }
}
