package dev.fern.tools.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fern.backbone.parameter.Tensor;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that PyTorch itself wrote ({@code make_checkpoints.py} beside them says what is in them)
 * and well-formed ones by hand.
 */
class TorchCheckpointTest {

    @TempDir Path folder;

    @Test
    void everyElementTypeBecomesFloat() throws Exception {
        Map<String, Tensor> tensors = WeightsFile.read(resource("types.pth"));

        assertThat(tensors.get("float64").data()).containsExactly(1.5f, -2.25f, 1 / 3f);
        assertThat(tensors.get("float16").data())
                .containsExactly(
                        1f, -0.333251953125f, 65504f, 5.9604645e-8f, Float.NEGATIVE_INFINITY);
        assertThat(tensors.get("bfloat16").data()).containsExactly(1f, -3.140625f, 0x1p100f);
        assertThat(tensors.get("int64").data()).containsExactly(-7f, 0x1p40f);
        assertThat(tensors.get("int32").data()).containsExactly(-70000f, 70000f);
        assertThat(tensors.get("int16").data()).containsExactly(-300f, 300f);
        assertThat(tensors.get("int8").data()).containsExactly(-128f, 127f);
        assertThat(tensors.get("uint8").data()).containsExactly(0f, 255f);
        assertThat(tensors.get("bool").data()).containsExactly(1f, 0f);
        assertThat(tensors.get("parameter").data()).containsExactly(0.5f);
    }

    @Test
    void scalarsAndEmptyTensorsKeepTheirShapes() throws Exception {
        Map<String, Tensor> tensors = WeightsFile.read(resource("types.pth"));

        assertThat(tensors.get("scalar").shape()).isEmpty();
        assertThat(tensors.get("scalar").data()).containsExactly(42f);
        assertThat(tensors.get("empty").shape()).containsExactly(0, 3);
        assertThat(tensors.get("empty").data()).isEmpty();
    }

    @Test
    void viewsAreLaidOutRowByRow() throws Exception {
        Map<String, Tensor> tensors = WeightsFile.read(resource("types.pth"));

        // The storage under the first three is 0, 1, ..., 11 as three rows of four.
        assertThat(tensors.get("transposed").shape()).containsExactly(4, 3);
        assertThat(tensors.get("transposed").data())
                .containsExactly(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
        assertThat(tensors.get("column").data()).containsExactly(1, 5, 9);
        assertThat(tensors.get("window").shape()).containsExactly(2, 2);
        assertThat(tensors.get("window").data()).containsExactly(5, 6, 9, 10);
        assertThat(tensors.get("expanded").data()).containsExactly(5, 5, 5, 6, 6, 6);
        assertThat(tensors.get("channels_last").shape()).containsExactly(1, 2, 2, 3);
        assertThat(tensors.get("channels_last").data())
                .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
        float[] permuted = new float[24];
        for (int i = 0; i < 24; i++) {
            // Element (i / 6, i / 3 % 2, i % 3) of the permuted tensor is (i / 3 % 2, i % 3, i / 6)
            // of the 2 x 3 x 4 original.
            permuted[i] = i / 3 % 2 * 12 + i % 3 * 4 + i / 6;
        }
        assertThat(tensors.get("permuted").data()).containsExactly(permuted);
    }

    @Test
    void namesKeepTheOrderOfTheFile() throws Exception {
        assertThat(WeightsFile.read(resource("types.pth")).keySet())
                .containsExactly(
                        "float64",
                        "float16",
                        "bfloat16",
                        "int64",
                        "int32",
                        "int16",
                        "int8",
                        "uint8",
                        "bool",
                        "scalar",
                        "empty",
                        "transposed",
                        "column",
                        "window",
                        "expanded",
                        "permuted",
                        "channels_last",
                        "parameter");
    }

    @Test
    void aTrainingCheckpointYieldsItsModel() throws Exception {
        Map<String, Tensor> tensors = WeightsFile.read(resource("training.pth"));

        assertThat(tensors.keySet()).containsExactly("weight", "bias");
        // 3 and -1, less one step of 0.1 along gradients of 1.
        assertThat(tensors.get("weight").data()).containsExactly(2.9f, 2.9f);
        assertThat(tensors.get("bias").data()).containsExactly(-1.1f);
    }

    @Test
    void pickleProtocolFourIsRead() throws Exception {
        assertThat(WeightsFile.read(resource("protocol4.pth")).get("bias").data())
                .containsExactly(-1.1f);
    }

    @Test
    void theFormatBeforeVersionOneSixIsRead() throws Exception {
        Map<String, Tensor> tensors = WeightsFile.read(resource("legacy.pth"));

        assertThat(tensors.keySet()).containsExactly("weight", "bias");
        assertThat(tensors.get("weight").shape()).containsExactly(1, 2);
        assertThat(tensors.get("weight").data()).containsExactly(2.9f, 2.9f);
        assertThat(tensors.get("bias").data()).containsExactly(-1.1f);
    }

    @Test
    void aFileThatWasSavedWithoutChecksumsIsRead() throws Exception {
        Map<String, Tensor> tensors = WeightsFile.read(resource("unchecked.pth"));

        assertThat(tensors.keySet()).containsExactly("weight", "bias");
        assertThat(tensors.get("weight").data()).containsExactly(2.9f, 2.9f);
        assertThat(tensors.get("bias").data()).containsExactly(-1.1f);
    }

    @Test
    void storagesAreCheckedWhileTheyAreRead() throws Exception {
        Path counters = Path.of("/proc/thread-self/io");
        assumeTrue(Files.isReadable(counters), () -> "needs " + counters);
        int elements = 1 << 22;
        Path file =
                PickleBytes.tensor("w", "0", elements, 0, new long[] {elements - 1}, new long[] {1})
                        .save(folder, Map.of("0", new float[elements]));

        long before = bytesRead(counters);
        WeightsFile.read(file);
        long read = bytesRead(counters) - before;

        assertThat(read).isBetween(Files.size(file), Files.size(file) * 3 / 2);
    }

    /** Returns how many bytes this thread has read from files. */
    private static long bytesRead(Path counters) throws IOException {
        String line = Files.readAllLines(counters).get(0);
        assertThat(line).startsWith("rchar: ");
        return Long.parseLong(line.substring("rchar: ".length()));
    }

    @Test
    void aPickledModuleYieldsItsParameters() throws Exception {
        Map<String, Tensor> tensors = WeightsFile.read(resource("module.pth"));

        assertThat(tensors.keySet()).containsExactly("weight", "bias");
        assertThat(tensors.get("weight").data()).containsExactly(2.9f, 2.9f);
        assertThat(tensors.get("bias").data()).containsExactly(-1.1f);
    }

    @ParameterizedTest
    @ValueSource(strings = {"beside.pth", "beside_legacy.pth"})
    void whatLiesBesideTheWeightsIsSkipped(String name) throws Exception {
        try (WeightsFile file = WeightsFile.open(resource(name))) {
            assertThat(file.stateDicts().stream().map(StateDict::entry))
                    .startsWith("model")
                    .contains("model_ema.module");
            assertThat(file.skippedClasses())
                    .contains(
                            "argparse.Namespace",
                            "pathlib.PosixPath",
                            "collections.Counter",
                            "collections.defaultdict",
                            "torch.Size");
            Map<String, Tensor> tensors = file.stateDicts().get(0).read(each -> true);
            assertThat(tensors.keySet()).containsExactly("weight", "bias");
            assertThat(tensors.get("weight").data()).containsExactly(2.9f, 2.9f);
        }
    }

    @Test
    void averagesOfTheWeightsComeAfterThem() throws Exception {
        PickleBytes pickle = new PickleBytes().raw("}(");
        int key = 0;
        for (String entry : List.of("loss", "ema", "swa_model", "teacher", "state_dict_ema")) {
            pickle.text(entry).raw("}(").text("w");
            pickle.rebuilt(key++ + "", 1, 0, new long[] {1}, new long[] {1}).raw("u");
        }
        pickle.text("model_state_dict").raw("}(").text("w");
        pickle.rebuilt(key++ + "", 1, 0, new long[] {1}, new long[] {1}).raw("u");
        Path path = pickle.raw("u.").save(folder, Map.of("5", new float[] {7}));

        try (WeightsFile file = WeightsFile.open(path)) {
            assertThat(file.stateDicts().stream().map(StateDict::entry))
                    .containsExactly(
                            "model_state_dict",
                            "loss",
                            "teacher",
                            "ema",
                            "swa_model",
                            "state_dict_ema");
        }
        assertThat(WeightsFile.read(path).get("w").data()).containsExactly(7);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 5})
    void pickledArraysAreRead(int protocol) throws Exception {
        Map<String, Tensor> tensors = WeightsFile.read(resource("arrays" + protocol + ".pkl"));

        assertThat(tensors.keySet()).containsExactly("weight", "bias", "columns");
        assertThat(tensors.get("weight").shape()).containsExactly(1, 2);
        assertThat(tensors.get("weight").data()).containsExactly(2.9f, 2.9f);
        assertThat(tensors.get("columns").shape()).containsExactly(2, 3);
        assertThat(tensors.get("columns").data()).containsExactly(0, 1, 2, 3, 4, 5);
    }

    /** Python 2 writes texts as bytes, and hands all items to an OrderedDict at once. */
    @Test
    void filesOfPython2AreRead() throws Exception {
        byte[] bytes =
                new PickleBytes()
                        .global("collections", "OrderedDict")
                        .raw("(](](U\u0001w")
                        .rebuilt("0", 1, 0, new long[] {1}, new long[] {1})
                        .raw("eetR.")
                        .bytes();
        Path file =
                PickleBytes.zip(
                        folder,
                        Map.of("a/data.pkl", bytes, "a/data/0", new byte[] {0, 0, 0, 64}),
                        ZipEntry.STORED);

        assertThat(WeightsFile.read(file).get("w").data()).containsExactly(2);
    }

    @Test
    void safeTensorsOfNarrowTypesBecomeFloat() throws Exception {
        String header =
                "{\"__metadata__\":{\"format\":\"pt\"},"
                        + "\"half\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},"
                        + "\"count\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[4,12]},"
                        + "\"brain\":{\"dtype\":\"BF16\",\"shape\":[1,1],\"data_offsets\":[12,14]}}";
        ByteBuffer bytes =
                ByteBuffer.allocate(8 + header.length() + 14).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(header.length()).put(header.getBytes(StandardCharsets.UTF_8));
        bytes.putShort((short) 0x3c00).putShort((short) 0xc000).putLong(-9);
        bytes.putShort((short) 0x4049);
        Path file = Files.write(folder.resolve("x.safetensors"), bytes.array());

        Map<String, Tensor> tensors = WeightsFile.read(file);

        assertThat(tensors.get("half").data()).containsExactly(1, -2);
        assertThat(tensors.get("count").shape()).isEmpty();
        assertThat(tensors.get("count").data()).containsExactly(-9);
        assertThat(tensors.get("brain").data()).containsExactly(3.140625f);
    }

    @Test
    void bigEndianStoragesAreRead() throws Exception {
        byte[] pickle = PickleBytes.tensor("w", "0", 2, 0, new long[] {2}, new long[] {1}).bytes();
        byte[] storage =
                ByteBuffer.allocate(8)
                        .order(ByteOrder.BIG_ENDIAN)
                        .putFloat(1.25f)
                        .putFloat(-8)
                        .array();
        byte[] order = "big".getBytes(StandardCharsets.UTF_8);
        Path file =
                PickleBytes.zip(
                        folder,
                        Map.of("a/data.pkl", pickle, "a/byteorder", order, "a/data/0", storage),
                        ZipEntry.STORED);

        assertThat(WeightsFile.read(file).get("w").data()).containsExactly(1.25f, -8f);
    }

    @Test
    void tensorsLargerThanOneReadAreWhole() throws Exception {
        float[] elements = new float[100_003];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = i;
        }
        Path file =
                PickleBytes.tensor(
                                "w",
                                "0",
                                elements.length,
                                1,
                                new long[] {2, 50_001},
                                new long[] {50_001, 1})
                        .save(folder, Map.of("0", elements));

        assertThat(WeightsFile.read(file).get("w").data())
                .containsExactly(Arrays.copyOfRange(elements, 1, elements.length));
    }

    @Test
    void tiedTensorsMayShareAStorage() throws Exception {
        PickleBytes pickle = new PickleBytes().raw("}(");
        for (String name : List.of("a", "b")) {
            pickle.text(name).rebuilt("0", 2, 0, new long[] {2}, new long[] {1});
        }
        Path file = pickle.raw("u.").save(folder, Map.of("0", new float[] {3, 4}));

        Map<String, Tensor> tensors = WeightsFile.read(file);
        assertThat(tensors.get("a").data()).containsExactly(3, 4);
        assertThat(tensors.get("b").data()).containsExactly(3, 4);
    }

    @Test
    void entriesThatAreNoTensorsAreLeftOut() throws Exception {
        PickleBytes pickle =
                new PickleBytes()
                        .raw("}(")
                        .text("w")
                        .rebuilt("0", 1, 0, new long[] {}, new long[] {});
        Path file = pickle.text("extra").raw("]u.").save(folder, Map.of("0", new float[] {7}));

        assertThat(WeightsFile.read(file)).containsOnlyKeys("w");
    }

    /**
     * The digest was made in Python from the unpickled tensors as numpy arrays: each one's name and
     * shape, then its bytes.
     */
    @Test
    void theTorchvisionFileEqualsWhatPythonReads() throws Exception {
        Path file =
                Path.of(
                        System.getProperty("fern.shared", "absent"),
                        "parity/torchvision-retinanet/retinanet.pth");
        assumeTrue(Files.exists(file), () -> "needs " + file);

        Map<String, Tensor> tensors = WeightsFile.read(file);

        assertThat(tensors).hasSize(121);
        assertThat(tensors.values().stream().mapToLong(tensor -> tensor.data().length).sum())
                .isEqualTo(8_822_791);
        Tensor stem = tensors.get("backbone.body.conv1.weight");
        assertThat(stem.shape()).containsExactly(64, 3, 7, 7);
        assertThat(stem.data())
                .startsWith(-0.024791542440652847f, -0.016623564064502716f, -0.021611295640468597f);
        assertThat(digest(tensors))
                .isEqualTo("9e41ffac1b9df2f91748e9f8254aee6b0037a1518ea5ca17bb4332b5fc35ee94");
    }

    @Test
    void theTensorsCannotBeReplaced() throws Exception {
        Map<String, Tensor> tensors = WeightsFile.read(resource("legacy.pth"));

        assertThatThrownBy(() -> tensors.entrySet().add(entry("x", tensors.get("bias"))))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    private static String digest(Map<String, Tensor> tensors) throws NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        tensors.forEach(
                (name, tensor) -> {
                    digest.update(
                            (name + Arrays.toString(tensor.shape()))
                                    .getBytes(StandardCharsets.UTF_8));
                    ByteBuffer bytes =
                            ByteBuffer.allocate(4 * tensor.data().length)
                                    .order(ByteOrder.LITTLE_ENDIAN);
                    bytes.asFloatBuffer().put(tensor.data());
                    digest.update(bytes.array());
                });
        return HexFormat.of().formatHex(digest.digest());
    }

    static Path resource(String name) throws IOException, URISyntaxException {
        return Path.of(TorchCheckpointTest.class.getResource(name).toURI());
    }
}
