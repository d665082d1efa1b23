package dev.fern.backbone.parameter;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/**
 * Reads and writes float32 tensors in the safetensors format: the length of a JSON header as a
 * 64-bit little-endian number, the header, and the values. Python's safetensors reads and writes
 * the same format.
 */
public final class SafeTensors {

    static final String METADATA = "__metadata__";
    static final String TYPE = "dtype";
    static final String SHAPE = "shape";
    static final String OFFSETS = "data_offsets";
    private static final int CHUNK_BYTES = 1 << 20;

    private SafeTensors() {}

    /**
     * Writes a file and forces it to the disk; an existing one is overwritten in place.
     *
     * @param file its folder must exist
     * @param tensors by name, in the order in which they are written
     * @param metadata strings by name, kept in the header; may be empty
     * @throws IOException if the file can't be written; what it then holds is of no use
     */
    public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata)
            throws IOException {
        JsonObject header = new JsonObject();
        if (!metadata.isEmpty()) {
            JsonObject entries = new JsonObject();
            metadata.forEach(entries::addProperty);
            header.add(METADATA, entries);
        }
        long offset = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
            JsonObject description = new JsonObject();
            description.addProperty(TYPE, "F32");
            JsonArray shape = new JsonArray();
            for (long side : entry.getValue().shape()) {
                shape.add(side);
            }
            description.add(SHAPE, shape);
            JsonArray offsets = new JsonArray();
            offsets.add(offset);
            offset += (long) entry.getValue().data().length * Float.BYTES;
            offsets.add(offset);
            description.add(OFFSETS, offsets);
            header.add(entry.getKey(), description);
        }
        byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
        int padding = (8 - text.length % 8) % 8;
        ByteBuffer start =
                ByteBuffer.allocate(8 + text.length + padding).order(ByteOrder.LITTLE_ENDIAN);
        start.putLong(text.length + padding)
                .put(text)
                .put(" ".repeat(padding).getBytes(StandardCharsets.US_ASCII))
                .flip();
        try (FileChannel channel =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            writeFully(channel, start);
            ByteBuffer chunk = chunk(offset);
            for (Tensor tensor : tensors.values()) {
                float[] data = tensor.data();
                for (int at = 0, count; at < data.length; at += count) {
                    count = Math.min(chunk.capacity() / Float.BYTES, data.length - at);
                    chunk.clear();
                    chunk.asFloatBuffer().put(data, at, count);
                    writeFully(channel, chunk.limit(count * Float.BYTES));
                }
            }
            channel.force(true);
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    /**
     * Reads a file, see {@link SafeTensorsFile}.
     *
     * @param file may come from anywhere: memory is taken only for what it holds
     * @return tensors by name, in the header's order
     * @throws IOException if the file is missing, cut short or damaged, or if a tensor is not
     *     float32; the message names the file and the tensor and says what is wrong
     */
    public static Map<String, Tensor> read(Path file) throws IOException {
        try (SafeTensorsFile open = SafeTensorsFile.open(file)) {
            return open.readAll();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** {@return a buffer through which values of so many bytes pass in chunks} */
    static ByteBuffer chunk(long bytes) {
        return ByteBuffer.allocateDirect((int) Math.min(CHUNK_BYTES, bytes))
                .order(ByteOrder.LITTLE_ENDIAN);
    }
}
