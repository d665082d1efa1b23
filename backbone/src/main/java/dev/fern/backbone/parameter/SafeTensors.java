package dev.fern.backbone.parameter;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/**
 * Reads and writes float32 tensors in the safetensors format: the length of a JSON header as a
 * 64-bit little-endian number, the header, and the values. Python's safetensors reads and writes
 * the same format.
 */
public final class SafeTensors {

    /** The limit of the format's own reader. */
    private static final long MAX_HEADER_BYTES = 100_000_000;

    /** As many as Java's arrays hold. */
    private static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8;

    private static final String METADATA = "__metadata__";
    private static final String TYPE = "dtype";
    private static final String SHAPE = "shape";
    private static final String OFFSETS = "data_offsets";
    private static final Pattern WHOLE_NUMBER = Pattern.compile("0|[1-9][0-9]{0,18}");
    private static final int CHUNK_BYTES = 1 << 20;

    /** Ends the messages of faults that a damaged file has. */
    private static final String MEND = "; copy or save it again";

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
     * Reads a file. It must be as the format's own reader demands: a header of at most 100 MB that
     * is strict JSON and begins with a brace, and values that follow one another without gaps or
     * overlaps from the header to the end of the file. Spaces may follow the header's JSON. Names
     * that stand twice are refused, as the format's description has it.
     *
     * @param file may come from anywhere: memory is taken only for what it holds
     * @return tensors by name, in the header's order
     * @throws IOException if the file is missing, cut short or damaged, or if a tensor is not
     *     float32; the message names the file and the tensor and says what is wrong
     */
    public static Map<String, Tensor> read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(file.toString(), null, "no such parameter file");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            Map<String, Entry> entries = readHeader(channel);
            long dataStart = channel.position();
            long dataBytes = channel.size() - dataStart;
            checkCover(entries, dataBytes);
            ByteBuffer chunk = chunk(dataBytes);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (Map.Entry<String, Entry> named : entries.entrySet()) {
                Entry entry = named.getValue();
                channel.position(dataStart + entry.from);
                int size = (int) ((entry.to - entry.from) / Float.BYTES);
                tensors.put(
                        named.getKey(), new Tensor(entry.shape, readFloats(channel, size, chunk)));
            }
            return tensors;
        } catch (FileSystemException e) {
            throw e; // names the file itself
        } catch (IOException e) {
            throw new IOException(file + ": not a usable safetensors file: " + e.getMessage(), e);
        }
    }

    /** Reads the header, and leaves the channel at the first value. */
    private static Map<String, Entry> readHeader(FileChannel channel) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        readFully(channel, length);
        long bytes = length.getLong(0);
        if (bytes < 2 || bytes > MAX_HEADER_BYTES || bytes > channel.size() - 8) {
            throw new IOException(
                    "it declares a header of " + Long.toUnsignedString(bytes) + " bytes" + MEND);
        }
        ByteBuffer text = ByteBuffer.allocate((int) bytes);
        readFully(channel, text);
        if (text.get(0) != '{') {
            throw new IOException("its header does not begin with a brace" + MEND);
        }
        InputStream in = new ByteArrayInputStream(text.array());
        // A decoder of one's own reports bytes that are not UTF-8, where a charset replaces them.
        try (JsonReader header =
                new JsonReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()))) {
            header.setStrictness(Strictness.STRICT);
            Map<String, Entry> entries = readEntries(header);
            if (header.peek() != JsonToken.END_DOCUMENT) {
                throw new IOException("something follows the JSON of its header" + MEND);
            }
            return entries;
        } catch (MalformedJsonException | EOFException | CharacterCodingException e) {
            throw new IOException("its header is not JSON in UTF-8" + MEND, e);
        } catch (IllegalStateException | NumberFormatException e) { // JSON of another structure
            throw new IOException("its header is damaged" + MEND, e);
        }
    }

    private static Map<String, Entry> readEntries(JsonReader header) throws IOException {
        Map<String, Entry> entries = new LinkedHashMap<>();
        boolean metadata = false;
        header.beginObject();
        while (header.hasNext()) {
            String name = header.nextName();
            if (entries.containsKey(name) || metadata && name.equals(METADATA)) {
                throw new IOException("its header has " + name + " twice" + MEND);
            }
            if (name.equals(METADATA)) {
                metadata = true;
                skipMetadata(header);
            } else {
                entries.put(name, Entry.read(name, header));
            }
        }
        header.endObject();
        return entries;
    }

    /** Passes over the metadata, which must be strings by name. */
    private static void skipMetadata(JsonReader header) throws IOException {
        Set<String> names = new HashSet<>();
        header.beginObject();
        while (header.hasNext()) {
            String name = header.nextName();
            if (!names.add(name)) {
                throw new IOException("its metadata have " + name + " twice" + MEND);
            }
            if (header.peek() != JsonToken.STRING) {
                throw new IOException("its metadata " + name + " is not a string" + MEND);
            }
            header.nextString();
        }
        header.endObject();
    }

    /** Refuses tensors that do not cover all the values, each of them once. */
    private static void checkCover(Map<String, Entry> entries, long dataBytes) throws IOException {
        List<Map.Entry<String, Entry>> sorted = new ArrayList<>(entries.entrySet());
        sorted.sort(
                Map.Entry.comparingByValue(
                        Comparator.comparingLong(Entry::from).thenComparingLong(Entry::to)));
        long end = 0;
        for (Map.Entry<String, Entry> named : sorted) {
            Entry entry = named.getValue();
            if (entry.from != end) {
                throw new IOException(
                        String.format(
                                "tensor %s begins at byte %d of the values, where byte %d is next,"
                                        + " so that tensors %s%s",
                                named.getKey(),
                                entry.from,
                                end,
                                entry.from < end ? "share bytes" : "have a gap between them",
                                MEND));
            }
            end = entry.to;
        }
        if (end > dataBytes) {
            throw new IOException("it is cut short" + MEND);
        }
        if (end < dataBytes) {
            throw new IOException(
                    dataBytes - end + " bytes follow the values of its last tensor" + MEND);
        }
    }

    /**
     * The description of one tensor.
     *
     * @param from first byte of its values, counted from the end of the header
     * @param to the byte after its last one
     */
    private record Entry(long[] shape, long from, long to) {

        static Entry read(String name, JsonReader header) throws IOException {
            String type = null;
            long[] shape = null;
            long[] offsets = null;
            Set<String> fields = new HashSet<>();
            header.beginObject();
            while (header.hasNext()) {
                String field = header.nextName();
                if (!fields.add(field)) {
                    throw fault(name, "has " + field + " twice");
                }
                switch (field) {
                    case TYPE -> type = header.nextString();
                    case SHAPE -> shape = wholeNumbers(name, field, header);
                    case OFFSETS -> offsets = wholeNumbers(name, field, header);
                    default -> header.skipValue();
                }
            }
            header.endObject();
            if (type == null || shape == null || offsets == null) {
                throw fault(name, "lacks " + TYPE + ", " + SHAPE + " or " + OFFSETS);
            }
            if (!type.equals("F32")) {
                throw new IOException("tensor " + name + " is of type " + type + ", not F32");
            }
            if (offsets.length != 2) {
                throw fault(name, "has " + offsets.length + " " + OFFSETS + ", not 2");
            }
            long size;
            try {
                size = Tensor.size(shape);
            } catch (IllegalArgumentException e) {
                throw fault(name, "has an " + e.getMessage());
            }
            // A size that is too large for the product differs from any length that fits a file.
            if (size > Long.MAX_VALUE / Float.BYTES
                    || offsets[1] - offsets[0] != size * Float.BYTES) {
                throw fault(name, "has a shape and offsets that disagree");
            }
            if (size > MAX_ELEMENTS) {
                throw new IOException(
                        "tensor " + name + " has more than " + MAX_ELEMENTS + " elements");
            }
            return new Entry(shape, offsets[0], offsets[1]);
        }

        private static long[] wholeNumbers(String tensor, String field, JsonReader header)
                throws IOException {
            LongStream.Builder numbers = LongStream.builder();
            header.beginArray();
            while (header.hasNext()) {
                boolean number = header.peek() == JsonToken.NUMBER;
                String text = number ? header.nextString() : "";
                if (!WHOLE_NUMBER.matcher(text).matches()) {
                    throw fault(
                            tensor, "has something else than whole numbers from 0 up in " + field);
                }
                numbers.add(Long.parseLong(text));
            }
            header.endArray();
            return numbers.build().toArray();
        }
    }

    private static IOException fault(String tensor, String fault) {
        return new IOException("tensor " + tensor + " " + fault + MEND);
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
                throw new IOException("it is cut short" + MEND);
            }
        }
    }

    /** {@return a buffer through which values of so many bytes pass in chunks} */
    private static ByteBuffer chunk(long bytes) {
        return ByteBuffer.allocateDirect((int) Math.min(CHUNK_BYTES, bytes))
                .order(ByteOrder.LITTLE_ENDIAN);
    }
}
