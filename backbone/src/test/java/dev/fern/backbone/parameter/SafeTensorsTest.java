package dev.fern.backbone.parameter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafeTensorsTest {

    @TempDir private Path folder;

    private static Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("scalar", random(1));
        tensors.put("empty", random(2, 3, 0, 2));
        tensors.put("matrix", random(3, 4, 5));
        tensors.put("large, of 1.2 MB: \u00e4\"\\", random(4, 3, 1000, 101));
        tensors.put(
                "special",
                new Tensor(
                        new long[] {5},
                        new float[] {
                            Float.NaN,
                            -0f,
                            Float.NEGATIVE_INFINITY,
                            Float.MIN_VALUE,
                            Float.MAX_VALUE
                        }));
        return tensors;
    }

    private static Tensor random(long seed, long... shape) {
        int size = 1;
        for (long side : shape) {
            size *= (int) side;
        }
        float[] data = new float[size];
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < size; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new Tensor(shape, data);
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        Path file = folder.resolve("a.safetensors");
        SafeTensors.write(file, tensors(), Map.of());
        Map<String, Tensor> read = SafeTensors.read(file);
        assertThat(read).isEqualTo(tensors());
        assertThat(read.keySet()).containsExactlyElementsOf(tensors().keySet());
    }

    @Test
    void anExistingFileIsReplacedWhole() throws IOException {
        Path file = folder.resolve("a.safetensors");
        SafeTensors.write(file, tensors(), Map.of());
        Map<String, Tensor> small = Map.of("x", random(9, 2));
        SafeTensors.write(file, small, Map.of());
        assertThat(SafeTensors.read(file)).isEqualTo(small);
        assertThat(Files.size(file)).isLessThan(200);
    }

    /** Reads the file by the format's description, without the code under test. */
    @Test
    void theFileFollowsTheFormat() throws IOException {
        Path file = folder.resolve("a.safetensors");
        SafeTensors.write(file, tensors(), Map.of("epoch", "12", "name", "\u00fc"));
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int headerBytes = Math.toIntExact(bytes.getLong());
        assertThat((8 + headerBytes) % 8).isZero();
        byte[] text = new byte[headerBytes];
        bytes.get(text);
        JsonObject header =
                JsonParser.parseString(new String(text, StandardCharsets.UTF_8)).getAsJsonObject();
        JsonObject metadata = header.remove("__metadata__").getAsJsonObject();
        assertThat(metadata.get("epoch").getAsString()).isEqualTo("12");
        assertThat(metadata.get("name").getAsString()).isEqualTo("\u00fc");
        assertThat(header.keySet()).isEqualTo(tensors().keySet());
        long end = 0;
        for (Map.Entry<String, Tensor> expected : tensors().entrySet()) {
            JsonObject entry = header.getAsJsonObject(expected.getKey());
            assertThat(entry.get("dtype").getAsString()).isEqualTo("F32");
            JsonArray shape = entry.getAsJsonArray("shape");
            assertThat(shape.asList())
                    .extracting(side -> side.getAsLong())
                    .containsExactlyElementsOf(
                            Arrays.stream(expected.getValue().shape()).boxed().toList());
            long from = entry.getAsJsonArray("data_offsets").get(0).getAsLong();
            assertThat(from).isEqualTo(end);
            end = entry.getAsJsonArray("data_offsets").get(1).getAsLong();
            float[] data = expected.getValue().data();
            assertThat(end - from).isEqualTo(4L * data.length);
            for (int i = 0; i < data.length; i++) {
                int at = Math.toIntExact(8 + headerBytes + from + 4L * i);
                if (bytes.getInt(at) != Float.floatToRawIntBits(data[i])) {
                    throw new AssertionError(expected.getKey() + " differs at " + i);
                }
            }
        }
        assertThat(8 + headerBytes + end).isEqualTo(bytes.capacity());
    }

    @Test
    void aMissingFileIsNamed() {
        Path file = folder.resolve("none.safetensors");
        assertThatThrownBy(() -> SafeTensors.read(file))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining(file.toString());
        assertThatThrownBy(() -> SafeTensors.read(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(folder.toString());
    }

    private Path file(String header, int dataBytes) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        Path file = folder.resolve("made.safetensors");
        Files.write(
                file,
                ByteBuffer.allocate(8 + text.length + dataBytes)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(text.length)
                        .put(text)
                        .array());
        return file;
    }

    private static String entry(String type, String shape, String offsets) {
        return "{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}"
                .formatted(type, shape, offsets);
    }

    @Test
    void headersThatMakeNoSenseAreRefused() throws IOException {
        for (String header :
                List.of(
                        "",
                        "  ",
                        "[]",
                        "null",
                        "7",
                        "{",
                        "{\"x\":null}",
                        "{\"x\":[]}",
                        "{\"x\":{}}",
                        "{\"x\":" + entry("F16", "[1]", "[0,2]") + "}",
                        "{\"x\":" + entry("F32", "[1]", "[]") + "}",
                        "{\"x\":" + entry("F32", "[1]", "[0]") + "}",
                        "{\"x\":" + entry("F32", "7", "[0,4]") + "}",
                        "{\"x\":" + entry("F32", "[null]", "[0,4]") + "}",
                        "{\"x\":" + entry("F32", "[\"a\"]", "[0,4]") + "}",
                        "{\"x\":" + entry("F32", "[-1]", "[4,0]") + "}",
                        "{\"x\":" + entry("F32", "[-1,-1]", "[0,4]") + "}",
                        "{\"x\":" + entry("F32", "[1]", "[-4,0]") + "}",
                        "{\"x\":" + entry("F32", "[2]", "[0,4]") + "}",
                        "{\"x\":" + entry("F32", "[1e400]", "[0,4]") + "}",
                        "{\"x\":" + entry("F32", "[1e999999999]", "[0,4]") + "}",
                        "{\"x\":" + "[".repeat(100_000) + "}")) {
            assertRefused(file(header, 16));
        }
    }

    private static final String ONE = entry("F32", "[1]", "[0,4]");

    /** safetensors 0.8.0 for Python accepts each of these. */
    @Test
    void headersThatTheFormatAllowsAreRead() throws IOException {
        for (String header :
                List.of(
                        "{\"x\":" + ONE + "}",
                        "{\"x\":" + ONE + "}       ",
                        "{ \"x\" :\n" + ONE + "}\n",
                        "{\"x\":" + ONE.replace("}", ",\"more\":[{}]}") + "}",
                        "{\"__metadata__\":{\"x\":\"1\"},\"x\":" + ONE + "}",
                        "{\"after\":%s,\"x\":%s,\"before\":%s}"
                                .formatted(
                                        entry("F32", "[0]", "[4,4]"),
                                        ONE,
                                        entry("F32", "[2,0]", "[0,0]")))) {
            assertThat(SafeTensors.read(file(header, 4))).as(header).containsKey("x");
        }
        assertThat(SafeTensors.read(file("{}", 0))).isEmpty();
        String reversed = "{\"b\":%s,\"a\":%s}".formatted(entry("F32", "[1]", "[4,8]"), ONE);
        assertThat(SafeTensors.read(file(reversed, 8))).containsOnlyKeys("a", "b");
    }

    /** A header of 5 MB, as 50,000 tensors have, is within the format's limit of 100 MB. */
    @Test
    void aLargeHeaderIsRead() throws IOException {
        assertThat(SafeTensors.read(file("{\"x\":" + ONE + "}" + " ".repeat(5 << 20), 4)))
                .containsOnlyKeys("x");
        String limit = "{\"x\":" + ONE + "}";
        assertThat(SafeTensors.read(file(limit + " ".repeat(100_000_000 - limit.length()), 4)))
                .containsOnlyKeys("x");
        Path beyond = file(limit + " ".repeat(100_000_001 - limit.length()), 4);
        assertThatThrownBy(() -> SafeTensors.read(beyond))
                .hasMessageContaining("it declares a header of 100000001 bytes");
    }

    /** The format's own reader or its description refuses each of these. */
    @Test
    void whatTheFormatForbidsIsRefusedWithThePlace() throws IOException {
        assertFault("{\"x\":" + entry("F32", "[1]", "[4,8]") + "}", 8, "tensor x begins at byte 4");
        assertFault("{\"x\":" + ONE + "}", 8, "4 bytes follow the values of its last tensor");
        assertFault("{}", 1, "1 bytes follow");
        assertFault("{\"x\":" + ONE + "}", 3, "cut short");
        String overlapping = ",\"y\":" + entry("F32", "[1]", "[4,8]") + "}";
        assertFault(
                "{\"x\":" + entry("F32", "[2]", "[0,8]") + overlapping,
                8,
                "tensor y begins at byte 4 of the values, where byte 8 is next");
        assertFault("{\"x\":" + entry("F32", "[3]", "[8,20]") + overlapping, 20, "have a gap");
        for (String number :
                List.of("4.0", "4.5", "4e0", "\"4\"", "99999999999999999999", "null")) {
            assertFault(
                    "{\"x\":" + entry("F32", "[1]", "[0," + number + "]") + "}",
                    4,
                    "tensor x has something else than whole numbers from 0 up in data_offsets");
        }
        for (String number : List.of("1.0", "1.5", "1e0", "\"1\"", "-1")) {
            assertFault(
                    "{\"x\":" + entry("F32", "[" + number + "]", "[0,4]") + "}",
                    4,
                    "tensor x has something else than whole numbers from 0 up in shape");
        }
        assertFault("{\"x\":" + entry("F32", "[1]", "[-0,4]") + "}", 4, "in data_offsets");
        assertFault("{\"x\":" + entry("F32", "[1]", "[0,4,4]") + "}", 4, "3 data_offsets, not 2");
        assertFault("{\"x\":" + ONE + ",\"x\":" + ONE + "}", 4, "its header has x twice");
        assertFault(
                "{\"x\":" + ONE.replace("}", ",\"shape\":[1]}") + "}",
                4,
                "tensor x has shape twice");
        String metadata = "\"__metadata__\":{\"a\":\"1\"}";
        assertFault("{" + metadata + "," + metadata + "}", 0, "its header has __metadata__ twice");
        assertFault("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "its metadata have a twice");
        assertFault("{\"__metadata__\":{\"a\":1}}", 0, "its metadata a is not a string");
        assertFault(" {\"x\":" + ONE + "}", 4, "does not begin with a brace");
        assertFault("{\"x\":" + ONE + "}\0", 4, "not JSON");
        assertFault("{\"x\":" + ONE + "}{}", 4, "JSON");
        assertFault("{\"x\":" + ONE + "/* */}", 4, "not JSON");
        assertFault("{x:" + ONE + "}", 4, "not JSON");
        Path file = file("{\"x\":" + ONE + "}", 4);
        byte[] bytes = Files.readAllBytes(file);
        bytes[10] = (byte) 0xff; // the name's one letter: no UTF-8
        Files.write(file, bytes);
        assertThatThrownBy(() -> SafeTensors.read(file)).hasMessageContaining("UTF-8");
    }

    private void assertFault(String header, int dataBytes, String fault) throws IOException {
        Path file = file(header, dataBytes);
        assertThatThrownBy(() -> SafeTensors.read(file))
                .as(header)
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(file + ": not a usable safetensors file: ")
                .hasMessageContaining(fault)
                .hasMessageEndingWith("; copy or save it again");
    }

    @Test
    void hugeDeclaredSizesAreRefusedWithoutTheMemory() throws IOException {
        for (String entry :
                List.of(
                        entry("F32", "[536870911]", "[0,2147483644]"),
                        entry("F32", "[4294967296,4294967296]", "[0,0]"),
                        entry("F32", "[9223372036854775807]", "[0,9223372036854775807]"),
                        entry("F32", "[0]", "[9223372036854775807,9223372036854775807]"))) {
            assertRefused(file("{\"x\":" + entry + "}", 16));
        }
        Path file = file("{}", 0);
        for (long length : new long[] {-1, 0, 3, 99_000_000, Long.MAX_VALUE, Long.MIN_VALUE}) {
            Files.write(
                    file,
                    ByteBuffer.allocate(10)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putLong(length)
                            .put("{}".getBytes(StandardCharsets.US_ASCII))
                            .array());
            assertRefused(file);
        }
    }

    @Test
    void tensorsThatShareTheirBytesAreRefused() throws IOException {
        StringBuilder header = new StringBuilder("{");
        for (int i = 0; i < 1000; i++) {
            header.append(i == 0 ? "" : ",")
                    .append("\"" + i + "\":" + entry("F32", "[25000]", "[0,100000]"));
        }
        assertRefused(file(header.append("}").toString(), 100_000));
    }

    private static void assertRefused(Path file) throws IOException {
        long size = Files.size(file);
        long before = allocatedBytes();
        assertThatThrownBy(() -> SafeTensors.read(file))
                .as(Files.readString(file, StandardCharsets.ISO_8859_1).lines().findFirst().get())
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString());
        assertThat(allocatedBytes() - before).isLessThan((8 << 20) + 100 * size);
    }

    private static long allocatedBytes() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean())
                .getThreadAllocatedBytes(Thread.currentThread().getId());
    }

    @Test
    void damagedFilesGiveAResultOrAnErrorThatNamesTheFile() throws IOException {
        Path whole = folder.resolve("whole.safetensors");
        Map<String, Tensor> tensors = new LinkedHashMap<>(tensors());
        tensors.keySet().removeIf(name -> name.startsWith("large"));
        SafeTensors.write(whole, tensors, Map.of("epoch", "12"));
        byte[] bytes = Files.readAllBytes(whole);
        Path damaged = folder.resolve("damaged.safetensors");
        SplittableRandom random = new SplittableRandom(2026);
        int refused = 0;
        for (int i = 0; i < 2000; i++) {
            byte[] mutant = mutate(bytes, random);
            Files.write(damaged, mutant);
            long before = allocatedBytes();
            try {
                for (Tensor tensor : SafeTensors.read(damaged).values()) {
                    assertThat(tensor.data().length).isLessThanOrEqualTo(mutant.length / 4);
                }
            } catch (IOException e) {
                refused++;
                assertThat(e).hasMessageContaining(damaged.toString());
            }
            assertThat(allocatedBytes() - before).isLessThan(4 << 20);
        }
        assertThat(refused).isBetween(1000, 1999);
    }

    private static byte[] mutate(byte[] bytes, SplittableRandom random) {
        byte[] mutant = bytes.clone();
        int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        int edits = 1 + random.nextInt(3);
        for (int e = 0; e < edits; e++) {
            int inHeader = 8 + random.nextInt(header);
            switch (random.nextInt(6)) {
                case 0 -> mutant[random.nextInt(mutant.length)] ^= (byte) (1 << random.nextInt(8));
                case 1 -> mutant[inHeader % mutant.length] = (byte) random.nextInt(256);
                case 2 -> {
                    byte[] pieces =
                            "{}[]\",:0123456789-eE.nt\\".getBytes(StandardCharsets.US_ASCII);
                    mutant[inHeader % mutant.length] = pieces[random.nextInt(pieces.length)];
                }
                case 3 -> mutant = Arrays.copyOf(mutant, random.nextInt(mutant.length) + 1);
                case 4 ->
                        mutant[random.nextInt(Math.min(8, mutant.length))] =
                                (byte) random.nextInt(256);
                default -> mutant = widenNumber(mutant, random);
            }
        }
        return mutant;
    }

    /** Inserts digits after one in the header, and corrects the header's length. */
    private static byte[] widenNumber(byte[] bytes, SplittableRandom random) {
        int at = 8 + random.nextInt(Math.max(1, Math.min(bytes.length, 300) - 8));
        while (at < bytes.length && !Character.isDigit(bytes[at])) {
            at++;
        }
        if (at >= bytes.length) {
            return bytes;
        }
        byte[] digits = "9".repeat(random.nextInt(1, 25)).getBytes(StandardCharsets.US_ASCII);
        ByteBuffer wider = ByteBuffer.allocate(bytes.length + digits.length);
        wider.order(ByteOrder.LITTLE_ENDIAN);
        wider.put(bytes, 0, at + 1).put(digits).put(bytes, at + 1, bytes.length - at - 1);
        wider.putLong(0, wider.getLong(0) + digits.length);
        return wider.array();
    }
}
