package dev.fern.backbone.parameter;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.EOFException;
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
 * 64-bit little-endian number, the header, the values. Python's safetensors reads the same files.
 */
public final class SafeTensors {

    private static final long MAX_HEADER_BYTES = 100_000_000;
    private static final String METADATA = "__metadata__";
    private static final int CHUNK_BYTES = 1 << 20;

    private SafeTensors() {}

    /**
     * Writes a file and forces it to the disk; an existing one is overwritten in place.
     *
     * @param metadata strings kept in the header
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
            ByteBuffer chunk =
                    ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (Tensor tensor : tensors.values()) {
                float[] data = tensor.data();
                for (int at = 0; at < data.length; at += CHUNK_BYTES / Float.BYTES) {
                    int count = Math.min(CHUNK_BYTES / Float.BYTES, data.length - at);
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
     * @return tensors by name, in the header's order
     * @throws IOException if the file is missing, cut, or not of float32 tensors; the message names
     *     the file and what is wrong
     */
    public static Map<String, Tensor> read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(file.toString(), null, "no such parameter file");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer prefix = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
            readFully(channel, prefix, 0);
            long headerBytes = prefix.getLong(0);
            if (headerBytes < 2
                    || headerBytes > MAX_HEADER_BYTES
                    || headerBytes > channel.size() - 8) {
                throw new IOException("header of " + headerBytes + " bytes");
            }
            ByteBuffer text = ByteBuffer.allocate((int) headerBytes);
            readFully(channel, text, 8);
            JsonObject header =
                    JsonParser.parseString(new String(text.array(), StandardCharsets.UTF_8))
                            .getAsJsonObject();
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (Map.Entry<String, JsonElement> entry : header.entrySet()) {
                if (!entry.getKey().equals(METADATA)) {
                    tensors.put(
                            entry.getKey(),
                            readTensor(
                                    channel,
                                    8 + headerBytes,
                                    entry.getKey(),
                                    entry.getValue().getAsJsonObject()));
                }
            }
            return tensors;
        } catch (EOFException e) {
            throw new IOException(file + ": the parameter file is cut short; copy it again", e);
        } catch (JsonParseException
                | IllegalStateException
                | UnsupportedOperationException
                | NumberFormatException
                | ClassCastException
                | NullPointerException
                | ArithmeticException
                | StackOverflowError e) {
            throw new IOException(file + ": not a safetensors file: its header is damaged", e);
        } catch (IOException e) {
            throw new IOException(file + ": not a usable safetensors file: " + e.getMessage(), e);
        }
    }

    private static Tensor readTensor(
            FileChannel channel, long dataStart, String name, JsonObject description)
            throws IOException {
        String type = description.get("dtype").getAsString();
        if (!type.equals("F32")) {
            throw new IOException("tensor " + name + " is of type " + type + ", not F32");
        }
        JsonArray sides = description.getAsJsonArray("shape");
        long[] shape = new long[sides.size()];
        long size = 1;
        for (int i = 0; i < shape.length; i++) {
            shape[i] = sides.get(i).getAsLong();
            if (shape[i] < 0) {
                throw new IOException("tensor " + name + " has a negative side");
            }
            size = Math.multiplyExact(size, shape[i]);
        }
        JsonArray offsets = description.getAsJsonArray("data_offsets");
        long from = offsets.get(0).getAsLong();
        long to = offsets.get(1).getAsLong();
        if (from < 0
                || size > Integer.MAX_VALUE - 8
                || Math.subtractExact(to, from) != size * Float.BYTES) {
            throw new IOException("tensor " + name + " has a shape and offsets that disagree");
        }
        if (to > channel.size() - dataStart) {
            throw new EOFException();
        }
        float[] data = new float[(int) size];
        ByteBuffer chunk =
                ByteBuffer.allocateDirect((int) Math.min(CHUNK_BYTES, Math.max(4, to - from)));
        chunk.order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < data.length; ) {
            int count = Math.min(chunk.capacity() / Float.BYTES, data.length - at);
            chunk.clear().limit(count * Float.BYTES);
            readFully(channel, chunk, dataStart + from + (long) at * Float.BYTES);
            chunk.flip();
            chunk.asFloatBuffer().get(data, at, count);
            at += count;
        }
        return new Tensor(shape, data);
    }

    private static void readFully(FileChannel channel, ByteBuffer buffer, long position)
            throws IOException {
        long at = position;
        while (buffer.hasRemaining()) {
            int count = channel.read(buffer, at);
            if (count < 0) {
                throw new EOFException();
            }
            at += count;
        }
    }
}
