package dev.fern.tools.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads TensorBoard's event files, written from the formats' descriptions and apart from the code
 * that writes them: checksums bit by bit, any field, and the end of the file within a record.
 */
final class TfRecords {

    private TfRecords() {}

    /** A field of a message: a Long, Double, Float or byte[]. */
    record Field(int number, Object value) {}

    /**
     * An event.
     *
     * @param fileVersion null if it has none
     * @param starts whether it is the start of a session
     * @param scalars by tag
     */
    record Event(
            double wallTime,
            long step,
            String fileVersion,
            boolean starts,
            Map<String, Float> scalars) {}

    /** Returns the whole events of a file; what follows the last must be shorter than a record. */
    static List<Event> read(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Event> events = new ArrayList<>();
        while (bytes.remaining() >= 12) {
            byte[] header = take(bytes, 8);
            int length = (int) ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getLong();
            check(header, bytes.getInt());
            if (bytes.remaining() < length + 4) {
                break;
            }
            byte[] data = take(bytes, length);
            check(data, bytes.getInt());
            events.add(event(data));
        }
        return events;
    }

    /** The checksum as RFC 3720 defines it, polynomial 0x1EDC6F41, reflected. */
    static int crc32c(byte[] bytes) {
        int crc = ~0;
        for (byte b : bytes) {
            crc ^= b & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) != 0 ? crc >>> 1 ^ 0x82f63b78 : crc >>> 1;
            }
        }
        return ~crc;
    }

    private static void check(byte[] bytes, int stored) {
        int crc = crc32c(bytes);
        int masked = ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
        if (masked != stored) {
            throw new AssertionError("checksum " + stored + " instead of " + masked);
        }
    }

    private static byte[] take(ByteBuffer bytes, int length) {
        byte[] taken = new byte[length];
        bytes.get(taken);
        return taken;
    }

    private static Event event(byte[] message) {
        double wallTime = 0;
        long step = 0;
        String version = null;
        boolean starts = false;
        Map<String, Float> scalars = new HashMap<>();
        for (Field field : fields(message)) {
            switch (field.number()) {
                case 1 -> wallTime = (Double) field.value();
                case 2 -> step = (Long) field.value();
                case 3 -> version = text(field);
                case 5 -> scalars.putAll(summary((byte[]) field.value()));
                case 7 -> starts = fields((byte[]) field.value()).get(0).equals(new Field(1, 1L));
                default -> throw new AssertionError(field.toString());
            }
        }
        return new Event(wallTime, step, version, starts, scalars);
    }

    private static Map<String, Float> summary(byte[] message) {
        Map<String, Float> scalars = new HashMap<>();
        for (Field value : fields(message)) {
            List<Field> parts = fields((byte[]) value.value());
            scalars.put(text(parts.get(0)), (Float) parts.get(1).value());
        }
        return scalars;
    }

    private static String text(Field field) {
        return new String((byte[]) field.value(), StandardCharsets.UTF_8);
    }

    private static List<Field> fields(byte[] message) {
        ByteBuffer bytes = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        List<Field> fields = new ArrayList<>();
        while (bytes.hasRemaining()) {
            int tag = (int) varint(bytes);
            Object value =
                    switch (tag & 7) {
                        case 0 -> varint(bytes);
                        case 1 -> bytes.getDouble();
                        case 2 -> take(bytes, (int) varint(bytes));
                        case 5 -> bytes.getFloat();
                        default -> throw new AssertionError("wire type " + (tag & 7));
                    };
            fields.add(new Field(tag >>> 3, value));
        }
        return fields;
    }

    private static long varint(ByteBuffer bytes) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = bytes.get();
            value |= (next & 0x7fL) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }
}
