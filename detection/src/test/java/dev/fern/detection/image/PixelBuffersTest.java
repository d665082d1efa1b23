package dev.fern.detection.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class PixelBuffersTest {

    /** Larger than what other tests leave behind. */
    private static final int BYTES = 16 << 20;

    @Test
    void takenBuffersAreDirectAndOfNativeOrderAndLimit() {
        ByteBuffer buffer = PixelBuffers.take(12);
        assertThat(buffer.isDirect()).isTrue();
        assertThat(buffer.order()).isEqualTo(ByteOrder.nativeOrder());
        assertThat(buffer.position()).isZero();
        assertThat(buffer.limit()).isEqualTo(12);
        PixelBuffers.giveBack(buffer);
    }

    @Test
    void givenBackIsTakenAgainWhereItIsLargeEnough() {
        ByteBuffer buffer = PixelBuffers.take(BYTES);
        assertThat(PixelBuffers.take(BYTES)).isNotSameAs(buffer);
        PixelBuffers.giveBack(buffer.position(8));
        ByteBuffer smaller = PixelBuffers.take(BYTES - 4);
        assertThat(smaller).isSameAs(buffer);
        assertThat(smaller.position()).isZero();
        assertThat(smaller.limit()).isEqualTo(BYTES - 4);
        PixelBuffers.giveBack(smaller);
        assertThat(PixelBuffers.take(BYTES + 4)).isNotSameAs(buffer);
    }
}
