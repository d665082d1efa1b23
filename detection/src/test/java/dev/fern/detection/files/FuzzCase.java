package dev.fern.detection.files;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * One of many files that are damaged at random, the same way for the same seed. {@code
 * -Dfern.fuzz.seed=2} sets the seed, and {@code -Dfern.fuzz.NAME=6000} how many cases there are.
 * The files of a case that fails, or that ends the process, stay in {@code target/fuzz}.
 *
 * @param folder empty, for the files of this case
 * @param random decides on the damage
 */
public record FuzzCase(Path folder, Random random) {

    private static final long SEED = Long.getLong("fern.fuzz.seed", 1);

    private static final List<String> JSON_VALUES =
            List.of(
                    "null",
                    "-1",
                    "0",
                    "1e400",
                    "1e-400",
                    "0.5",
                    "2147483648",
                    "9223372036854775808",
                    "1000000",
                    "\"\"",
                    "\"x\\u0000\"",
                    "[]",
                    "{}",
                    "[[]]",
                    "true",
                    "NaN",
                    ",",
                    "}",
                    "[1,2,3]",
                    "\"\\ud800\"",
                    "1".repeat(400),
                    "[".repeat(3000));

    private static final Pattern JSON_VALUE =
            Pattern.compile("\"[^\"]*\"|-?[0-9][0-9.eE+-]*|true|false|null|[\\[\\]{}:,]");

    private static final long[] EXTREMES = {
        0,
        1,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0x8000,
        0xffff,
        0x7fffffffL,
        0x80000000L,
        0xffffffffL,
        0x100000000L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -1,
        -8
    };

    /** What is done with a case. */
    @FunctionalInterface
    public interface Body {
        /** Makes the damaged files and reads them; throws if they are not read or refused well. */
        void accept(FuzzCase fuzzCase) throws Exception;
    }

    /** Reads a file that may be damaged. */
    @FunctionalInterface
    public interface Reading {
        /** Reads the file, or throws. */
        void run() throws Exception;
    }

    /** Goes through all cases; stops at the first that fails. */
    public static void all(String name, int cases, Body body) throws IOException {
        int count = Integer.getInteger("fern.fuzz." + name, cases);
        for (int i = 0; i < count; i++) {
            Path folder = Path.of("target", "fuzz", name + "-" + SEED + "-" + i);
            AtomicFolder.delete(folder);
            Files.createDirectories(folder);
            try {
                body.accept(new FuzzCase(folder, new Random(SEED << 32 | i)));
            } catch (Exception | Error e) {
                throw new AssertionError(
                        "case " + i + " of -Dfern.fuzz.seed=" + SEED + " is kept in " + folder, e);
            }
            AtomicFolder.delete(folder);
        }
    }

    /**
     * Reads what may be damaged. It must be read, or refused by one kind of exception with one line
     * that names a file of this case.
     *
     * @param mostBytes that may be allocated, whatever numbers are in the file
     * @return whether it was read
     */
    public boolean reads(Reading reading, Class<? extends Exception> refusal, long mostBytes) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        Throwable thrown = null;
        try {
            reading.run();
        } catch (Exception | Error e) {
            thrown = e;
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(mostBytes);
        if (thrown != null) {
            assertThat(thrown).isInstanceOf(refusal);
            assertThat(thrown.getMessage())
                    .contains(folder.toString())
                    .doesNotContain("\n")
                    .hasSizeLessThan(1000);
        }
        return thrown == null;
    }

    /** Writes a damaged version of a file, or something else in its place. */
    public void damage(Path file) throws IOException {
        byte[] whole = Files.readAllBytes(file);
        Files.delete(file);
        switch (random.nextInt(24)) {
            case 0 -> Files.createDirectory(file);
            case 1 -> Files.createSymbolicLink(file, file.getFileName());
            case 2 -> Files.createSymbolicLink(file, Path.of("absent"));
            case 3 -> Files.createSymbolicLink(file, Path.of("/dev/zero"));
            case 4 -> Files.createFile(file);
            case 5 -> {
                // It stays away.
            }
            case 6 -> {
                Path elsewhere = file.resolveSibling("elsewhere");
                Files.write(elsewhere, whole);
                Files.createSymbolicLink(file, elsewhere.getFileName());
            }
            default -> Files.write(file, damaged(whole));
        }
    }

    /** Returns a copy with one to three faults. */
    public byte[] damaged(byte[] whole) {
        byte[] bytes = whole.clone();
        for (int faults = random.nextInt(3); faults >= 0; faults--) {
            if (bytes.length == 0) {
                return bytes;
            }
            bytes = withFault(bytes);
        }
        return bytes;
    }

    private byte[] withFault(byte[] bytes) {
        if (bytes[0] == '{' && random.nextBoolean()) {
            return withJsonValue(bytes);
        }
        int at = position(bytes);
        int end = at + random.nextInt(Math.min(bytes.length - at, 1 << random.nextInt(13)) + 1);
        byte[] chunk = Arrays.copyOfRange(bytes, at, end);
        switch (random.nextInt(10)) {
            case 0, 1 -> {
                for (int flips = random.nextInt(8); flips >= 0; flips--) {
                    bytes[position(bytes)] ^= (byte) (1 << random.nextInt(8));
                }
            }
            case 2 -> bytes = Arrays.copyOf(bytes, at);
            case 3 -> bytes = joined(bytes, end, chunk, end); // twice
            case 4 -> bytes = joined(bytes, at, new byte[0], end); // not at all
            case 5 -> { // swapped with another
                int other = random.nextInt(bytes.length - chunk.length + 1);
                System.arraycopy(bytes, other, bytes, at, chunk.length);
                System.arraycopy(chunk, 0, bytes, other, chunk.length);
            }
            case 6 -> Arrays.fill(bytes, at, end, (byte) (random.nextBoolean() ? 0 : 0xff));
            case 7 -> {
                random.nextBytes(chunk);
                System.arraycopy(chunk, 0, bytes, at, chunk.length);
            }
            case 8 -> bytes = withJsonValue(bytes);
            default -> {
                ByteBuffer number = ByteBuffer.allocate(8);
                boolean little = random.nextBoolean();
                number.order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN)
                        .putLong(EXTREMES[random.nextInt(EXTREMES.length)]);
                int size = Math.min(1 << random.nextInt(4), bytes.length - at);
                System.arraycopy(number.array(), little ? 0 : 8 - size, bytes, at, size);
            }
        }
        return bytes;
    }

    /** Returns a position, often within the first bytes, where headers are. */
    private int position(byte[] bytes) {
        return random.nextInt(random.nextBoolean() ? Math.min(bytes.length, 256) : bytes.length);
    }

    private static byte[] joined(byte[] bytes, int end, byte[] chunk, int start) {
        return ByteBuffer.allocate(end + chunk.length + bytes.length - start)
                .put(bytes, 0, end)
                .put(chunk)
                .put(bytes, start, bytes.length - start)
                .array();
    }

    private byte[] withJsonValue(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        List<MatchResult> values =
                JSON_VALUE
                        .matcher(text.substring(0, Math.min(text.length(), 1 << 14)))
                        .results()
                        .toList();
        if (values.isEmpty()) {
            return bytes;
        }
        MatchResult value = values.get(random.nextInt(values.size()));
        String other =
                random.nextBoolean()
                        ? JSON_VALUES.get(random.nextInt(JSON_VALUES.size()))
                        : values.get(random.nextInt(values.size())).group();
        return (text.substring(0, value.start()) + other + text.substring(value.end()))
                .getBytes(StandardCharsets.ISO_8859_1);
    }
}
