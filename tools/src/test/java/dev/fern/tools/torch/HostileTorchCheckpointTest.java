package dev.fern.tools.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.management.ThreadMXBean;
import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.ZipEntry;
import net.razorvine.pickle.Unpickler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever a file holds, reading it ends soon in one line that names the file, within a bounded
 * heap. Long because every way in which a file can lie is a few lines of bytes of its own.
 */
@Timeout(600)
class HostileTorchCheckpointTest {

    /**
     * The longest pickle that is read may fill this much; larger files may not ask for more than a
     * multiple of their size.
     */
    private static final long MAX_ALLOCATED_BYTES = 1L << 30;

    private static final long MAX_ALLOCATED_BYTES_OF_SMALL_FILES = 16 << 20;

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "os, system", "builtins, eval", "builtins, bytearray", "builtins, ValueError",
                "exceptions, OSError",
        "decimal, Decimal", "datetime, datetime", "operator, attrgetter",
                "copy_reg, _reconstructor", "_codecs, decode",
        "array, array", "pytz, timezone", "torch, load", "torch, ComplexFloatStorage",
                "torch._utils, _rebuild_qtensor",
        "my.module, FloatStorage"
    })
    void classesOtherThanTheTensorBuildersAreNotBuilt(String module, String name)
            throws IOException {
        String arguments =
                new String(new PickleBytes().text("id").raw("\u0085").bytes(), "ISO-8859-1");

        assertThat(refusal(new PickleBytes().global(module, name).raw(arguments + "R.")))
                .contains(module + "." + name + ", which is not built");
        assertThat(
                        refusal(
                                new PickleBytes()
                                        .text(module)
                                        .text(name)
                                        .raw("\u0093" + arguments + "R.")))
                .contains(module + "." + name + ", which is not built");
    }

    @Test
    void constructorsThatOthersRegisteredAreNeverRun() throws IOException {
        AtomicBoolean ran = new AtomicBoolean();
        Unpickler.registerConstructor(
                "hostile",
                "Thing",
                arguments -> {
                    ran.set(true);
                    return arguments;
                });

        refusal(new PickleBytes().global("hostile", "Thing").raw(")R."));
        refusal(new PickleBytes().raw("(ihostile\nThing\n."));
        refusal(new PickleBytes().raw("(").global("hostile", "Thing").raw("o."));
        refusal(new PickleBytes().global("hostile", "Thing").raw(")\u0081."));
        refusal(new PickleBytes().global("hostile", "Thing").raw(")}\u0092."));

        assertThat(ran).isFalse();
    }

    /** A call hidden beside sound weights is passed over: the weights are read, nothing runs. */
    @Test
    void callsBesideWeightsAreNeverRun() throws IOException {
        AtomicBoolean ran = new AtomicBoolean();
        Unpickler.registerConstructor(
                "hostile",
                "Call",
                arguments -> {
                    ran.set(true);
                    return arguments;
                });
        PickleBytes pickle = new PickleBytes().raw("}(").text("w");
        pickle.rebuilt("0", 1, 0, new long[] {1}, new long[] {1});
        pickle.text("a").global("hostile", "Call").text("rm").raw("\u0085R}b");
        pickle.text("b").global("hostile", "Call").raw(")\u0081(NNe(NNu}b");
        pickle.text("c").global("hostile", "Call").raw(")}\u0092");
        Path file = pickle.raw("u.").save(folder, Map.of("0", new float[] {3}));

        assertThat(WeightsFile.read(file)).containsOnlyKeys("w");
        assertThat(ran).isFalse();
    }

    @Test
    void modulesThatHoldThemselvesAreRefused() throws IOException {
        // An object whose only module is itself.
        PickleBytes pickle = new PickleBytes().global("m", "M").raw(")\u0081q\0}(");
        pickle.text("_modules").raw("}(").text("self").raw("h\0uub.");
        assertThat(refusal(pickle)).contains("modules without end");

        // Sixty modules, each holding the one before twice: 2^60 paths lead to the first.
        PickleBytes doubling = new PickleBytes().global("m", "M").raw(")\u0081}b");
        for (int i = 0; i < 60; i++) {
            String at = String.valueOf((char) i);
            doubling.raw("q").raw(at).global("m", "M").raw(")\u0081}(");
            doubling.text("_modules").raw("}(").text("a").raw("h").raw(at).text("b").raw("h");
            doubling.raw(at).raw("uub");
        }
        refusal(doubling.raw("."));
    }

    /** Bytes of protocol 2 are an encoded text, and one text may be encoded over and over. */
    @Test
    void encodedTextsTakeNoMoreThanTheFileHas() throws IOException {
        PickleBytes pickle = new PickleBytes().raw("](").text("x".repeat(1 << 20)).raw("q\0");
        pickle.global("_codecs", "encode").raw("q\1").text("latin1").raw("q\2");
        for (int i = 0; i < 1000; i++) {
            pickle.raw("h\1h\0h\2\u0086R");
        }

        assertThat(refusal(pickle.raw("e."))).contains("more bytes than the file has");
    }

    @Test
    void aPickleOfMoreOperationsThanAnyModelHasIsRefused() throws IOException {
        byte[] bytes = new byte[80 << 20];
        Arrays.fill(bytes, (byte) 'N');
        bytes[0] = (byte) 0x80;
        bytes[1] = 2;
        Path file = Files.write(folder.resolve("bomb.pkl"), bytes);

        assertThat(refusal(file, MAX_ALLOCATED_BYTES)).contains("operations");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "B\377\377\377\177",
                "\u008e\377\377\377\377\377\377\377\177",
                "\u0096\0\0\0\u0080\0\0\0\0",
                "T\377\377\377\177",
                "T\377\377\377\377",
                "C\377"
            })
    void bytesBeyondTheEndAreRefused(String operation) throws IOException {
        assertThat(refusal(new PickleBytes().raw(operation + ".")))
                .contains("bytes that go beyond the end");
    }

    @Test
    void arraysBeyondTheirBytesAreRefused() throws IOException {
        for (String shape : List.of("K\5\u0085", "J\377\377\377\177J\377\377\377\177\u0086")) {
            PickleBytes pickle = new PickleBytes().raw("}(").text("w");
            pickle.global("numpy.core.numeric", "_frombuffer").raw("(C\10abcdefgh");
            pickle.global("numpy", "dtype").text("f4").raw("\u0085R" + shape).text("C").raw("tR");

            assertThat(refusal(pickle.raw("u."))).contains("tensor w");
        }
    }

    @Test
    void aSafeTensorsFileThatLiesIsRefused() throws IOException {
        String entry = "\"w\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%s]}";
        assertThat(safeTensorsRefusal("{" + String.format(entry, "1", "0,8") + "}"))
                .contains("shape and offsets that disagree");
        assertThat(
                        safeTensorsRefusal(
                                "{"
                                        + String.format(entry, "1099511627776", "0,4398046511104")
                                        + "}"))
                .contains("tensor w has more than");
        assertThat(safeTensorsRefusal("{" + String.format(entry, "4", "0,16") + "}"))
                .contains("cut short");
        assertThat(safeTensorsRefusal("{" + "[".repeat(100_000) + "}")).contains("header");
        assertThat(
                        safeTensorsRefusal(
                                "{"
                                        + String.format(entry, "1", "0,4").replace("F32", "F8_E4M3")
                                        + "}"))
                .contains("of type F8_E4M3, which is not read");
    }

    private String safeTensorsRefusal(String header) throws IOException {
        ByteBuffer bytes =
                ByteBuffer.allocate(8 + header.length() + 8).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(header.length()).put(header.getBytes(StandardCharsets.UTF_8));
        Path file = Files.write(folder.resolve("w.safetensors"), bytes.array());
        Throwable thrown = catchThrowable(() -> WeightsFile.read(file));
        assertThat(thrown).isInstanceOf(IOException.class);
        assertThat(thrown.getMessage()).startsWith(file.toString()).doesNotContain("\n");
        return thrown.getMessage();
    }

    @Test
    void stateIsNeverSetOnOtherObjectsThanDictionaries() throws IOException {
        assertThat(refusal(new PickleBytes().raw("]}b.")))
                .contains("attributes of an object that has none");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "}",
                ".",
                "0.",
                "(.",
                "t.",
                "R.",
                "Q.",
                "}}}u.",
                "}(NNu.",
                "}(Nu.",
                "q\1.",
                "h\1.",
                "N\u0088Q.",
                "(tQ.",
                "2.",
                "}2.",
                "P1\n.",
                "I1\n.",
                "L1L\n.",
                "\u008b\377\377\377\177.",
                "\u0080\11.",
                "\u0097.",
                "\u0082\1.",
                "X\377\377\377\377.",
                "X\377\377\377\177.",
                "B\377\377\377\177.",
                "\u008d\377\377\377\377\377\377\377\177.",
                "\u008a\377.",
                "c.",
                "\u0095\377\377\377\377\377\377\377\177.",
                "N.",
                "].",
                "}.",
                "\377."
            })
    void damagedPicklesAreRefused(String pickle) throws IOException {
        refusal(new PickleBytes().raw(pickle));
    }

    @Test
    void deepNestingIsNoDanger() throws IOException {
        refusal(new PickleBytes().raw("]".repeat(1_000_000) + "a".repeat(999_999) + "."));
        refusal(new PickleBytes().raw("}" + ")".repeat(1) + "\u0085".repeat(1_000_000) + "."));
    }

    @Test
    void objectsInAnyNumberAreBoundedByThePicklesSize() throws IOException {
        refusal(new PickleBytes().raw("}\u0094".repeat(2_000_000)));
        refusal(new PickleBytes().raw("]" + "(NNNe".repeat(800_000) + "."));
    }

    @Test
    void keysThatHoldThemselvesAreRefusedWithoutHashingThem() throws IOException {
        refusal(new PickleBytes().raw("}]q\0h\0aNs."));
        // Thirty lists, each holding the one before twice: hashing the last would take 2^30 steps.
        PickleBytes doubling = new PickleBytes().raw("}]q\0");
        for (int i = 0; i < 30; i++) {
            doubling.raw("]").raw("h").raw(String.valueOf((char) i)).raw("a");
            doubling.raw("h")
                    .raw(String.valueOf((char) i))
                    .raw("aq")
                    .raw(String.valueOf((char) (i + 1)));
        }
        refusal(doubling.raw("Ns."));
    }

    @Test
    void aPickleThatUnpacksToGigabytesIsNotUnpacked() throws IOException {
        byte[] bomb = new byte[64 << 20];
        Arrays.fill(bomb, (byte) 'N');
        Path file = PickleBytes.zip(folder, Map.of("archive/data.pkl", bomb), ZipEntry.DEFLATED);

        assertThat(refusal(file, MAX_ALLOCATED_BYTES_OF_SMALL_FILES)).contains("larger than");
    }

    @Test
    void compressedStoragesAreRefused() throws IOException {
        byte[] pickle =
                PickleBytes.tensor("w", "0", 1 << 24, 0, new long[] {1 << 24}, new long[] {1})
                        .bytes();
        Map<String, byte[]> entries =
                Map.of("archive/data.pkl", pickle, "archive/data/0", new byte[4 << 24]);
        Path file = PickleBytes.zip(folder, entries, ZipEntry.DEFLATED);

        assertThat(refusal(file, MAX_ALLOCATED_BYTES_OF_SMALL_FILES)).contains("compressed");
    }

    /** A change that leaves the archive and the pickle sound shows in the entry's CRC-32 alone. */
    @ParameterizedTest
    @CsvSource({"data.pkl, weight", "data/0, element", "byteorder, little"})
    void entriesWhoseChecksumDoesNotFitAreRefused(String entry, String changed) throws IOException {
        byte[] pickle =
                PickleBytes.tensor("weight", "0", 7, 0, new long[] {1}, new long[] {1}).bytes();
        Map<String, byte[]> entries =
                Map.of(
                        "archive/data.pkl",
                        pickle,
                        "archive/byteorder",
                        "little".getBytes(StandardCharsets.US_ASCII),
                        "archive/data/0",
                        // The tensor uses 4 of the 28 bytes; the change lies behind them.
                        "1234 an element and the rest".getBytes(StandardCharsets.US_ASCII));
        Path file = PickleBytes.zip(folder, entries, ZipEntry.STORED);
        assertThat(WeightsFile.read(file)).containsOnlyKeys("weight");
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        assertThat(text).containsOnlyOnce(changed);
        Files.writeString(
                file,
                text.replace(changed, changed.replace('e', 'E')),
                StandardCharsets.ISO_8859_1);

        assertThat(refusal(file, MAX_ALLOCATED_BYTES_OF_SMALL_FILES))
                .contains("entry archive/" + entry + " is damaged: its checksum (CRC-32)")
                .endsWith("copy the file again");
    }

    /** Where some entries have a CRC-32, none may go without, or damage could hide a damage. */
    @Test
    void aSingleChecksumOfZeroIsDamage() throws Exception {
        byte[] bytes = Files.readAllBytes(TorchCheckpointTest.resource("training.pth"));
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int entry = text.lastIndexOf("training/data/0") - 46;
        assertThat(text.substring(entry)).startsWith("PK\1\2");
        Arrays.fill(bytes, entry + 16, entry + 20, (byte) 0);

        assertThat(
                        refusal(
                                Files.write(folder.resolve("zero.pth"), bytes),
                                MAX_ALLOCATED_BYTES_OF_SMALL_FILES))
                .contains("entry training/data/0 is damaged: its checksum (CRC-32)");
    }

    @Test
    void aLargeStorageIsCheckedPieceByPiece() throws IOException {
        byte[] pickle =
                PickleBytes.tensor("w", "0", 1 << 24, 0, new long[] {1}, new long[] {1}).bytes();
        Path file =
                PickleBytes.zip(
                        folder,
                        Map.of("archive/data.pkl", pickle, "archive/data/0", new byte[4 << 24]),
                        ZipEntry.STORED);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] = 1;
        Files.write(file, bytes);

        assertThat(refusal(file, MAX_ALLOCATED_BYTES_OF_SMALL_FILES))
                .contains("entry archive/data/0 is damaged");
    }

    @Test
    void importOfADamagedFileEndsWithStatus2AndOneLine() throws Exception {
        String name = "layer1.0.conv1.weight"; // by which a ResNet is known
        Path file =
                PickleBytes.tensor(name, "0", 4, 0, new long[] {4}, new long[] {1})
                        .save(folder, Map.of("0", new float[] {3, 5, 7, 9}));
        byte[] bytes = Files.readAllBytes(file);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("\0\0@@\0\0\u00a0@");
        bytes[at] ^= 1;
        Files.write(file, bytes);

        CommandRun run =
                CommandRun.of("import", "--resnet=" + file, "--output=" + folder.resolve("model"));

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errors())
                .singleElement()
                .asString()
                .contains(file + ": entry archive/data/0 is damaged");
        assertThat(folder.resolve("model")).doesNotExist();
    }

    @Test
    void shapesBeyondTheStorageAreRefused() throws IOException {
        long huge = Long.MAX_VALUE;
        assertThat(tensorRefusal(6, 0, new long[] {7}, new long[] {1}))
                .contains("tensor w goes to element 6");
        assertThat(tensorRefusal(6, 1, new long[] {2, 3}, new long[] {3, 1}))
                .contains("goes to element 6");
        assertThat(tensorRefusal(6, 0, new long[] {2, 3}, new long[] {4, 1}))
                .contains("goes to element 6");
        assertThat(tensorRefusal(7, 0, new long[] {7}, new long[] {1}))
                .contains("24 bytes for 7 elements");
        assertThat(tensorRefusal(huge, 0, new long[] {huge}, new long[] {1})).contains("tensor w");
        assertThat(tensorRefusal(6, huge, new long[] {1}, new long[] {1})).contains("tensor w");
        assertThat(tensorRefusal(-1, 0, new long[] {1}, new long[] {1})).contains("tensor w");
        assertThat(tensorRefusal(6, -1, new long[] {1}, new long[] {1})).contains("impossible");
        assertThat(tensorRefusal(6, 0, new long[] {-1}, new long[] {1})).contains("impossible");
        assertThat(tensorRefusal(6, 5, new long[] {6}, new long[] {-1})).contains("impossible");
        assertThat(tensorRefusal(6, 0, new long[] {6}, new long[] {1, 1})).contains("impossible");
        assertThat(tensorRefusal(6, 0, new long[] {1L << 32, 1L << 32}, new long[] {0, 0}))
                .contains("impossible");
        assertThat(tensorRefusal(6, 0, new long[] {2, 2}, new long[] {huge, huge}))
                .contains("impossible");
        assertThat(tensorRefusal(6, 0, new long[] {1L << 40}, new long[] {0}))
                .contains("too large");
        assertThat(tensorRefusal(6, 0, new long[65], new long[65])).contains("65 dimensions");
    }

    @Test
    void manyViewsOfALargeStorageAreRefused() throws IOException {
        float[] storage = new float[1 << 20];
        PickleBytes pickle = new PickleBytes().raw("}(");
        for (int i = 0; i < 10_000; i++) {
            // Two elements each, as far apart as the storage is long.
            pickle.text("w" + i)
                    .rebuilt(
                            "0",
                            storage.length,
                            0,
                            new long[] {2},
                            new long[] {storage.length - 1});
        }
        Path file = pickle.raw("u.").save(folder, Map.of("0", storage));

        assertThat(refusal(file, 128 << 20)).contains("too large for a file of this size");
    }

    @Test
    void aMissingStorageIsNamed() throws IOException {
        Path file =
                PickleBytes.tensor("w", "../../etc/passwd", 1, 0, new long[] {1}, new long[] {1})
                        .save(folder, Map.of("0", new float[1]));

        assertThat(refusal(file, MAX_ALLOCATED_BYTES_OF_SMALL_FILES))
                .contains("storage ../../etc/passwd, which is missing");
    }

    @Test
    void namesFromTheFileCannotBreakTheLine() throws IOException {
        Path file =
                PickleBytes.tensor(
                                "a\nb\u001b[31m\u2028" + "x".repeat(100_000),
                                "1",
                                1,
                                0,
                                new long[] {1},
                                new long[] {1})
                        .save(folder, Map.of("0", new float[1]));

        assertThat(refusal(file, MAX_ALLOCATED_BYTES_OF_SMALL_FILES))
                .contains("a?b?[31m?x")
                .hasSizeLessThan(1000);
    }

    @Test
    void otherFilesAreRefused() throws IOException {
        Path file = folder.resolve("other.pth");
        Files.write(file, new byte[0]);
        assertThat(refusal(file, MAX_ALLOCATED_BYTES_OF_SMALL_FILES))
                .contains("not a PyTorch checkpoint");
        Files.writeString(file, "version https://git-lfs.github.com/spec/v1\n");
        assertThat(refusal(file, MAX_ALLOCATED_BYTES_OF_SMALL_FILES))
                .contains("not a PyTorch checkpoint");
        Path zip = PickleBytes.zip(folder, Map.of("readme.txt", new byte[3]), ZipEntry.STORED);
        assertThat(refusal(zip, MAX_ALLOCATED_BYTES_OF_SMALL_FILES))
                .contains("not a PyTorch checkpoint");
        Path empty =
                PickleBytes.zip(
                        folder, Map.of("a/data.pkl", new byte[] {'}', '.'}), ZipEntry.STORED);
        assertThat(refusal(empty, MAX_ALLOCATED_BYTES_OF_SMALL_FILES)).contains("holds no tensors");
    }

    @ParameterizedTest
    @ValueSource(strings = {"training.pth", "legacy.pth"})
    void everyTruncationIsRefused(String name) throws Exception {
        byte[] whole = Files.readAllBytes(TorchCheckpointTest.resource(name));
        Path file = folder.resolve(name);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            refusal(file, MAX_ALLOCATED_BYTES_OF_SMALL_FILES);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"types.pth", "training.pth", "legacy.pth"})
    void flippedBytesGiveAResultOrARefusal(String name) throws Exception {
        byte[] whole = Files.readAllBytes(TorchCheckpointTest.resource(name));
        Path file = folder.resolve(name);
        Random random = new Random(5);
        for (int trial = 0; trial < 2000; trial++) {
            byte[] damaged = whole.clone();
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, damaged);
            Throwable thrown = catchThrowable(() -> WeightsFile.read(file));
            if (thrown != null) {
                assertThat(thrown)
                        .as("trial %d", trial)
                        .isInstanceOf(TorchCheckpointException.class);
            }
        }
    }

    private String tensorRefusal(long elements, long offset, long[] shape, long[] strides)
            throws IOException {
        Path file =
                PickleBytes.tensor("w", "0", elements, offset, shape, strides)
                        .save(folder, Map.of("0", new float[6]));
        return refusal(file, MAX_ALLOCATED_BYTES_OF_SMALL_FILES);
    }

    private String refusal(PickleBytes pickle) throws IOException {
        return refusal(pickle.save(folder, Collections.emptyMap()), MAX_ALLOCATED_BYTES);
    }

    /** Reads the file, checks how it is refused, and gives the message. */
    private static String refusal(Path file, long maxAllocatedBytes) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        Throwable thrown = catchThrowable(() -> WeightsFile.read(file));
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(thrown).isInstanceOf(TorchCheckpointException.class);
        assertThat(thrown.getMessage()).startsWith(file.toString()).doesNotContain("\n");
        assertThat(allocated).isLessThan(maxAllocatedBytes);
        return thrown.getMessage();
    }
}
