package dev.fern.tools.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads numpy's little-endian C-order files of float32 or int64 numbers as floats. */
final class NpyFile {

    private NpyFile() {}

    static float[] read(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int headerLength = bytes.getShort(8);
        String header = new String(bytes.array(), 10, headerLength, StandardCharsets.US_ASCII);
        bytes.position(10 + headerLength);
        boolean integers = header.contains("<i8");
        if (!integers && !header.contains("<f4") || header.contains("True")) {
            throw new IOException(file + ": unexpected " + header);
        }
        float[] values = new float[bytes.remaining() / (integers ? 8 : 4)];
        for (int i = 0; i < values.length; i++) {
            values[i] = integers ? bytes.getLong() : bytes.getFloat();
        }
        return values;
    }
}
