package dev.fern.backbone.parameter;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
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
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/**
 * A safetensors file whose tensors are read one at a time, see {@link SafeTensors}. It must be as
 * the format's own reader demands: a header of at most 100 MB that is strict JSON and begins with a
 * brace, and values that follow one another without gaps or overlaps from the header to the end of
 * the file. Spaces may follow the header's JSON. Names that stand twice are refused, as the
 * format's description has it.
 */
public final class SafeTensorsFile implements TensorSource, Closeable {

    /** The limit of the format's own reader. */
    private static final long MAX_HEADER_BYTES = 100_000_000;

    /** As many as Java's arrays hold. */
    private static final int MAX_ELEMENTS = Integer.MAX_VALUE - 8;

    private static final Pattern WHOLE_NUMBER = Pattern.compile("0|[1-9][0-9]{0,18}");

    /** Ends the messages of faults that a damaged file has. */
    private static final String MEND = "; copy or save it again";

    private final Path file;
    private final FileChannel channel;
    private final Map<String, Entry> entries;
    private final long dataStart;
    private final ByteBuffer chunk;

    /** Reads the header. */
    private SafeTensorsFile(Path file, FileChannel channel, Set<ElementType> types)
            throws IOException {
        this.file = file;
        this.channel = channel;
        entries = readHeader(channel, types);
        dataStart = channel.position();
        long dataBytes = channel.size() - dataStart;
        checkCover(entries, dataBytes);
        chunk = SafeTensors.chunk(dataBytes);
    }

    /**
     * Opens a file of float32 tensors and reads its header.
     *
     * @param file may come from anywhere: memory is taken only for what it holds
     * @return the file, which the caller closes
     * @throws IOException if the file is missing, cut short or damaged, or if a tensor is not
     *     float32; the message names the file and the tensor and says what is wrong
     */
    public static SafeTensorsFile open(Path file) throws IOException {
        return open(file, EnumSet.of(ElementType.FLOAT32));
    }

    /**
     * Opens a file of tensors of any {@link ElementType} and reads its header. Reading converts
     * them to float32.
     *
     * @param file may come from anywhere: memory is taken only for what it holds, up to four times
     *     over for elements of a byte
     * @return the file, which the caller closes
     * @throws IOException if the file is missing, cut short or damaged, or if a tensor is of a type
     *     without an {@link ElementType}; the message names the file and the tensor and says what
     *     is wrong
     */
    public static SafeTensorsFile openConverting(Path file) throws IOException {
        return open(file, EnumSet.allOf(ElementType.class));
    }

    private static SafeTensorsFile open(Path file, Set<ElementType> types) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(file.toString(), null, "no such parameter file");
        }
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            return new SafeTensorsFile(file, channel, types);
        } catch (IOException e) {
            channel.close();
            throw named(file, e);
        } catch (RuntimeException | Error e) {
            channel.close();
            throw e;
        }
    }

    private static IOException named(Path file, IOException e) {
        return e instanceof FileSystemException
                ? e // names the file itself
                : new IOException(file + ": not a usable safetensors file: " + e.getMessage(), e);
    }

    @Override
    public Map<String, long[]> shapes() {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        entries.forEach((name, entry) -> shapes.put(name, entry.shape));
        return shapes;
    }

    @Override
    public void read(String name, FloatBuffer target) {
        try {
            Entry entry = entries.get(name);
            channel.position(dataStart + entry.from);
            FloatBuffer rest = target.duplicate();
            while (rest.hasRemaining()) {
                int count = Math.min(chunk.capacity() / entry.type.bytes(), rest.remaining());
                readFully(channel, chunk.clear().limit(count * entry.type.bytes()));
                putFloats(entry.type, chunk.flip(), rest);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(named(file, e));
        }
    }

    private static void putFloats(ElementType type, ByteBuffer elements, FloatBuffer target) {
        if (type == ElementType.FLOAT32) {
            target.put(elements.asFloatBuffer());
            return;
        }
        while (elements.hasRemaining()) {
            target.put(type.next(elements));
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Reads the header, and leaves the channel at the first value. */
    private static Map<String, Entry> readHeader(FileChannel channel, Set<ElementType> types)
            throws IOException {
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
            Map<String, Entry> entries = readEntries(header, types);
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

    private static Map<String, Entry> readEntries(JsonReader header, Set<ElementType> types)
            throws IOException {
        Map<String, Entry> entries = new LinkedHashMap<>();
        boolean metadata = false;
        header.beginObject();
        while (header.hasNext()) {
            String name = header.nextName();
            if (entries.containsKey(name) || metadata && name.equals(SafeTensors.METADATA)) {
                throw new IOException("its header has " + name + " twice" + MEND);
            }
            if (name.equals(SafeTensors.METADATA)) {
                metadata = true;
                skipMetadata(header);
            } else {
                entries.put(name, Entry.read(name, header, types));
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
     * @param type what its values are stored as
     * @param shape its sides
     * @param from first byte of its values, counted from the end of the header
     * @param to the byte after its last one
     */
    private record Entry(ElementType type, long[] shape, long from, long to) {

        static Entry read(String name, JsonReader header, Set<ElementType> types)
                throws IOException {
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
                    case SafeTensors.TYPE -> type = header.nextString();
                    case SafeTensors.SHAPE -> shape = wholeNumbers(name, field, header);
                    case SafeTensors.OFFSETS -> offsets = wholeNumbers(name, field, header);
                    default -> header.skipValue();
                }
            }
            header.endObject();
            if (type == null || shape == null || offsets == null) {
                throw fault(
                        name,
                        "lacks "
                                + SafeTensors.TYPE
                                + ", "
                                + SafeTensors.SHAPE
                                + " or "
                                + SafeTensors.OFFSETS);
            }
            Optional<ElementType> elements =
                    ElementType.ofSafeTensors(type).filter(types::contains);
            if (elements.isEmpty()) {
                throw new IOException(
                        "tensor "
                                + name
                                + " is of type "
                                + type
                                + (types.size() == 1 ? ", not F32" : ", which is not read"));
            }
            int bytes = elements.get().bytes();
            if (offsets.length != 2) {
                throw fault(name, "has " + offsets.length + " " + SafeTensors.OFFSETS + ", not 2");
            }
            long size;
            try {
                size = Tensor.size(shape);
            } catch (IllegalArgumentException e) {
                throw fault(name, "has an " + e.getMessage());
            }
            // A size that is too large for the product differs from any length that fits a file.
            if (size > Long.MAX_VALUE / bytes || offsets[1] - offsets[0] != size * bytes) {
                throw fault(name, "has a shape and offsets that disagree");
            }
            if (size > MAX_ELEMENTS) {
                throw new IOException(
                        "tensor " + name + " has more than " + MAX_ELEMENTS + " elements");
            }
            return new Entry(elements.get(), shape, offsets[0], offsets[1]);
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

    private static void readFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new IOException("it is cut short" + MEND);
            }
        }
    }
}
