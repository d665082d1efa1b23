package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.json.CocoFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every case in shared/parity/cocoeval and cocoeval-masks, whose READMEs describe the format. */
class PycocotoolsParityTest {
    private static final Path PARITY =
            Path.of(System.getProperty("fern.shared", "shared"), "parity");

    @TestFactory
    Stream<DynamicTest> edgeCasesEqualPycocotools() throws IOException {
        return cases("cocoeval/edge", IouType.BOX);
    }

    @TestFactory
    Stream<DynamicTest> fixturesEqualPycocotools() throws IOException {
        return cases("cocoeval/fixtures", IouType.BOX);
    }

    @TestFactory
    Stream<DynamicTest> masksEqualPycocotools() throws IOException {
        return cases("cocoeval-masks/segm", IouType.SEGM);
    }

    @TestFactory
    Stream<DynamicTest> keypointsEqualPycocotools() throws IOException {
        return cases("cocoeval-masks/keypoints", IouType.KEYPOINTS);
    }

    private static Stream<DynamicTest> cases(String kind, IouType type) throws IOException {
        Path folder = PARITY.resolve(kind);
        assumeTrue(Files.isDirectory(folder), "skipped: no parity cases at " + folder);
        List<Path> cases;
        try (Stream<Path> entries = Files.list(folder)) {
            cases = entries.filter(Files::isDirectory).sorted().toList();
        }
        assertThat(cases).isNotEmpty();
        return cases.stream()
                .map(
                        path ->
                                DynamicTest.dynamicTest(
                                        path.getFileName().toString(), () -> run(path, type)));
    }

    private static void run(Path folder, IouType type)
            throws IOException, NoSuchAlgorithmException {
        JsonObject expected =
                JsonParser.parseString(Files.readString(folder.resolve("expected.json")))
                        .getAsJsonObject();
        boolean raises = expected.get("outcome").getAsString().equals("raises");
        String stage =
                raises ? expected.getAsJsonObject("raises").get("stage").getAsString() : "none";
        if (raises && !stage.equals("summarize")) {
            assertThatThrownBy(() -> evaluate(folder, type))
                    .isInstanceOf(CocoFormatException.class)
                    .hasMessageContaining(".json")
                    .hasMessageNotContaining("\n");
            return;
        }
        Evaluation evaluation = evaluate(folder, type);
        if (expected.has("arrays")) {
            assertThat(evaluation.shape()).isEqualTo(ints(expected.getAsJsonArray("counts_TRKAM")));
            JsonObject arrays = expected.getAsJsonObject("arrays");
            assertThat(sha256(evaluation.recall())).isEqualTo(sha256(arrays, "recall"));
            assertThat(sha256(evaluation.precision())).isEqualTo(sha256(arrays, "precision"));
            assertThat(sha256(evaluation.scores())).isEqualTo(sha256(arrays, "scores"));
        }
        if (raises) {
            assertThatThrownBy(evaluation::stats).isInstanceOf(IllegalArgumentException.class);
            return;
        }
        JsonArray stats = expected.getAsJsonArray("stats_repr");
        assertThat(evaluation.stats().values())
                .containsExactlyElementsOf(
                        stats.asList().stream()
                                .map(number -> Double.parseDouble(number.getAsString()))
                                .toList());
    }

    private static Evaluation evaluate(Path folder, IouType type) throws CocoFormatException {
        Path parameters = folder.resolve("params.json");
        CocoDataset dataset = CocoDataset.readForEvaluation(folder.resolve("gt.json"), type);
        return CocoEvaluator.evaluate(
                dataset,
                CocoResults.read(folder.resolve("dt.json"), type),
                Files.exists(parameters)
                        ? EvaluationParameters.read(parameters, dataset)
                        : EvaluationParameters.defaults(type));
    }

    private static int[] ints(JsonArray numbers) {
        return numbers.asList().stream().mapToInt(number -> number.getAsInt()).toArray();
    }

    private static String sha256(JsonObject arrays, String name) {
        return arrays.getAsJsonObject(name).get("sha256").getAsString();
    }

    private static String sha256(double[] numbers) throws NoSuchAlgorithmException {
        ByteBuffer bytes =
                ByteBuffer.allocate(numbers.length * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asDoubleBuffer().put(numbers);
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
    }
}
