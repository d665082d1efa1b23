package dev.fern.tools.torch;

import dev.fern.backbone.parameter.SafeTensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A damaged file of weights is read or refused; {@code -Dfern.fuzz.checkpoints=6000} for more
 * cases.
 */
class TorchCheckpointFuzzTest {

    private static final long MOST_BYTES = 32 << 20;

    private static final String SAFETENSORS = "types.safetensors";

    private static final List<String> FILES =
            List.of(
                    "types.pth",
                    "training.pth",
                    "protocol4.pth",
                    "unchecked.pth",
                    "legacy.pth",
                    "module.pth",
                    "beside.pth",
                    "beside_legacy.pth",
                    "arrays2.pkl",
                    "arrays4.pkl",
                    "arrays5.pkl",
                    SAFETENSORS);

    @Test
    @Timeout(3600)
    void damagedFilesAreReadOrRefused() throws IOException {
        FuzzCase.all(
                "checkpoints",
                100,
                fuzz -> {
                    String name = FILES.get(fuzz.random().nextInt(FILES.size()));
                    Path file = fuzz.folder().resolve(name);
                    if (name.equals(SAFETENSORS)) {
                        SafeTensors.write(
                                file,
                                WeightsFile.read(TorchCheckpointTest.resource("types.pth")),
                                Map.of());
                    } else {
                        Files.copy(TorchCheckpointTest.resource(name), file);
                    }
                    fuzz.damage(file);
                    if (Files.isRegularFile(file) && fuzz.random().nextBoolean()) {
                        Files.write(file, withChecksums(Files.readAllBytes(file)));
                    }
                    fuzz.reads(() -> WeightsFile.read(file), IOException.class, MOST_BYTES);
                });
    }

    /** Puts right the checksums of a zip archive, so that the damage gets past them. */
    private static byte[] withChecksums(byte[] bytes) {
        ByteBuffer zip = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + 46 <= bytes.length; at++) {
            if (zip.getInt(at) == 0x02014b50) {
                int size = zip.getInt(at + 24);
                long local = zip.getInt(at + 42) & 0xffffffffL;
                if (local + 30 <= bytes.length) {
                    int header = (int) local;
                    int names =
                            (zip.getShort(header + 26) & 0xffff)
                                    + (zip.getShort(header + 28) & 0xffff);
                    int start = header + 30 + names;
                    if (size >= 0 && start <= bytes.length && size <= bytes.length - start) {
                        CRC32 crc = new CRC32();
                        crc.update(bytes, start, size);
                        zip.putInt(at + 16, (int) crc.getValue());
                    }
                }
            }
        }
        return bytes;
    }
}
