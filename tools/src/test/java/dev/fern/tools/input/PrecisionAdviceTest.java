package dev.fern.tools.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import dev.fern.backbone.onednn.Precision;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PrecisionAdviceTest {

    private static String printed(Precision precision, Device device) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true));
        try {
            PrecisionAdvice.print(precision, device);
        } finally {
            System.setErr(before);
        }
        return bytes.toString();
    }

    @Test
    void namesBfloat16WhereTheProcessorHasAmx() throws IOException {
        Path processor = Path.of("/proc/cpuinfo");
        assumeTrue(Files.exists(processor), "this system does not tell what the processor has");
        String advice = printed(Precision.FLOAT32, Device.cpu());
        if (Files.readString(processor).contains("amx_bf16")) {
            assertThat(advice).contains("--precision bf16").hasLineCount(1);
        } else {
            assertThat(advice).isEmpty();
        }
    }

    @Test
    void isSilentWhereNothingWouldBeFaster() {
        assertThat(printed(Precision.BFLOAT16, Device.cpu())).isEmpty();
        assertThat(printed(Precision.FLOAT32, Device.gpu())).isEmpty();
    }
}
