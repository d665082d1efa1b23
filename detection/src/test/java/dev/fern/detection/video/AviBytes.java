package dev.fern.detection.video;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Makes AVI files of JPEG frames, after Microsoft's description. */
public final class AviBytes {

    private AviBytes() {}

    /**
     * Returns an AVI file.
     *
     * @param frames the bytes of JPEG files
     * @param framesPerSecond for its header
     * @param index whether it has an index, which OpenCV wants
     */
    public static byte[] of(List<byte[]> frames, int framesPerSecond, boolean index) {
        byte[] main =
                ByteBuffer.allocate(56)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(1_000_000 / framesPerSecond)
                        .putInt(0)
                        .putInt(0)
                        .putInt(0x10)
                        .putInt(frames.size())
                        .array();
        byte[] stream = ByteBuffer.allocate(56).put(ascii("vidsMJPG")).array();
        byte[] header = list("hdrl", chunk("avih", main), list("strl", chunk("strh", stream)));
        ByteArrayOutputStream movie = new ByteArrayOutputStream();
        ByteArrayOutputStream entries = new ByteArrayOutputStream();
        for (byte[] frame : frames) {
            entries.writeBytes(
                    ByteBuffer.allocate(16)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .put(ascii("00dc"))
                            .putInt(0x10)
                            .putInt(4 + movie.size())
                            .putInt(frame.length)
                            .array());
            movie.writeBytes(chunk("00dc", frame));
            movie.writeBytes(chunk("01wb", new byte[] {-1, -40, -1})); // sound
        }
        byte[] all = join(header, list("movi", movie.toByteArray()));
        return chunk(
                "RIFF",
                join(ascii("AVI "), index ? join(all, chunk("idx1", entries.toByteArray())) : all));
    }

    private static byte[] list(String kind, byte[]... parts) {
        return chunk("LIST", join(ascii(kind), join(parts)));
    }

    private static byte[] chunk(String id, byte[] content) {
        byte[] size =
                ByteBuffer.allocate(4)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(content.length)
                        .array();
        return join(ascii(id), size, content, new byte[content.length % 2]);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
