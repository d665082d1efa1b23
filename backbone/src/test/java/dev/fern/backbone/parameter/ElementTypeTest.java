package dev.fern.backbone.parameter;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class ElementTypeTest {

    @Test
    void everyHalfHasTheValueOfItsDefinition() {
        ByteBuffer bytes = ByteBuffer.allocate(2);
        for (int bits = 0; bits < 1 << 16; bits++) {
            int exponent = bits >> 10 & 31;
            double fraction = (bits & 1023) / 1024.0;
            double magnitude =
                    exponent == 0
                            ? fraction * Math.pow(2, -14)
                            : exponent < 31
                                    ? (1 + fraction) * Math.pow(2, exponent - 15)
                                    : fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
            double expected = bits >> 15 == 0 ? magnitude : -magnitude;

            float half = ElementType.FLOAT16.next(bytes.putShort(0, (short) bits).rewind());

            assertThat(Double.valueOf(half))
                    .as("bits %04x", bits)
                    .isEqualTo(Double.valueOf(expected));
        }
    }
}
