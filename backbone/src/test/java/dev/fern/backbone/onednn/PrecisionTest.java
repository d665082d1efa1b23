package dev.fern.backbone.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PrecisionTest {

    @Test
    void autoIsBfloat16WhereTheProcessorMultipliesIt() throws IOException {
        Path processor = Path.of("/proc/cpuinfo");
        assumeTrue(Files.exists(processor), "this system does not tell what the processor has");
        String flags = Files.readString(processor);
        boolean multiplies = flags.contains("avx512_bf16") || flags.contains("amx_bf16");
        assertThat(Precision.parse("auto"))
                .isEqualTo(multiplies ? Precision.BFLOAT16 : Precision.FLOAT32);
    }

    @Test
    void unknownNameIsRefusedWithTheKnownOnes() {
        assertThatThrownBy(() -> Precision.parse("fp16"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("unknown precision 'fp16': use float32, bf16 or auto");
    }
}
