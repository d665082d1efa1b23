package dev.fern.backbone.parameter;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads and writes float32 tensors in the safetensors format: the length of a JSON header as a
 * 64-bit little-endian number, the header, and the values. Python's safetensors reads and writes
 * the same format.
 */
public final class SafeTensors {

    /**
     * This is room for 40,000 tensors. A header is limited since it takes many times its bytes when
     * it is parsed.
     */
    private static final long MAX_HEADER_BYTES = 4 << 20;

    private static final String METADATA = "__metadata__";
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
            description.addProperty("dtype", "F32");
            JsonArray shape = new JsonArray();
            for (long side : entry.getValue().shape()) {
                shape.add(side);
            }
            description.add("shape", shape);
            JsonArray offsets = new JsonArray();
            offsets.add(offset);
            offset += (long) entry.getValue().data().length * Float.BYTES;
            offsets.add(offset);
            description.add("data_offsets", offsets);
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
     * Reads a file.
     *
     * @param file may come from anywhere: memory is taken only for values that it holds
     * @return tensors by name, in the header's order
     * @throws IOException if the file is missing, cut short or damaged, or if a tensor is not
     *     float32; the message names the file and says what is wrong
     */
    public static Map<String, Tensor> read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(file.toString(), null, "no such parameter file");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            JsonObject header = readHeader(channel);
            long dataStart = channel.position();
            long dataBytes = channel.size() - dataStart;
            ByteBuffer chunk = chunk(dataBytes);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            long declared = 0;
            for (Map.Entry<String, JsonElement> described : header.entrySet()) {
                if (!described.getKey().equals(METADATA)) {
                    Entry entry =
                            Entry.parse(described.getKey(), described.getValue().getAsJsonObject());
                    declared += entry.bytes();
                    if (entry.from > dataBytes - entry.bytes()) {
                        throw new IOException("it is cut short; copy it again");
                    }
                    if (declared > dataBytes) {
                        throw new IOException("tensors share their bytes");
                    }
                    channel.position(dataStart + entry.from);
                    tensors.put(
                            entry.name,
                            new Tensor(entry.shape, readFloats(channel, entry.size, chunk)));
                }
            }
            return tensors;
        } catch (RuntimeException | StackOverflowError e) { // the header has another structure
            throw new IOException(file + ": not a safetensors file: its header is damaged", e);
        } catch (IOException e) {
            throw new IOException(file + ": not a usable safetensors file: " + e.getMessage(), e);
        }
    }

    /** Reads the header, and leaves the channel at the first value. */
    private static JsonObject readHeader(FileChannel channel) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        readFully(channel, length);
        long bytes = length.getLong(0);
        if (bytes < 2 || bytes > MAX_HEADER_BYTES || bytes > channel.size() - 8) {
            throw new IOException("it declares a header of " + bytes + " bytes");
        }
        ByteBuffer text = ByteBuffer.allocate((int) bytes);
        readFully(channel, text);
        return JsonParser.parseString(new String(text.array(), StandardCharsets.UTF_8))
                .getAsJsonObject();
    }

    /** The description of one tensor, whose values begin {@code from} bytes behind the header. */
    private record Entry(String name, long[] shape, int size, long from) {

        static Entry parse(String name, JsonObject description) throws IOException {
            String type = description.get("dtype").getAsString();
            if (!type.equals("F32")) {
                throw new IOException("tensor " + name + " is of type " + type + ", not F32");
            }
            long[] shape = longs(description.getAsJsonArray("shape"));
            long[] offsets = longs(description.getAsJsonArray("data_offsets"));
            long size = Tensor.size(shape);
            long bytes = Math.multiplyExact(size, Float.BYTES);
            if (offsets[0] < 0 || offsets[1] - offsets[0] != bytes) {
                throw new IOException("tensor " + name + " has a shape and offsets that disagree");
            }
            return new Entry(name, shape, Math.toIntExact(size), offsets[0]);
        }

        private static long[] longs(JsonArray array) {
            return array.asList().stream().mapToLong(JsonElement::getAsLong).toArray();
        }

        long bytes() {
            return (long) size * Float.BYTES;
        }
    }

    private static float[] readFloats(FileChannel channel, int size, ByteBuffer chunk)
            throws IOException {
        float[] data = new float[size];
        for (int at = 0, count; at < size; at += count) {
            count = Math.min(chunk.capacity() / Float.BYTES, size - at);
            readFully(channel, chunk.clear().limit(count * Float.BYTES));
            chunk.flip();
            chunk.asFloatBuffer().get(data, at, count);
        }
        return data;
    }

    private static void readFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new IOException("it is cut short; copy it again");
            }
        }
    }

    /** {@return a buffer through which values of so many bytes pass in chunks} */
    private static ByteBuffer chunk(long bytes) {
        return ByteBuffer.allocateDirect((int) Math.min(CHUNK_BYTES, bytes))
                .order(ByteOrder.LITTLE_ENDIAN);
    }
}
