package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.numpy.ScoreOrder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The overlaps of every image and category in shared/parity/cocoeval-masks. */
class OverlapParityTest {
    private static final Path PARITY =
            Path.of(System.getProperty("fern.shared", "shared"), "parity", "cocoeval-masks");

    @TestFactory
    Stream<DynamicTest> overlapsOfMasksAreThoseOfPycocotools() throws IOException {
        return cases(IouType.SEGM);
    }

    @TestFactory
    Stream<DynamicTest> similaritiesOfKeypointsAreThoseOfPycocotools() throws IOException {
        return cases(IouType.KEYPOINTS);
    }

    private static Stream<DynamicTest> cases(IouType type) throws IOException {
        Path folder = PARITY.resolve(type.label());
        assumeTrue(Files.isDirectory(folder), "skipped: no parity cases at " + folder);
        List<Path> cases;
        try (Stream<Path> entries = Files.list(folder)) {
            cases = entries.filter(Files::isDirectory).sorted().toList();
        }
        return cases.stream()
                .filter(path -> !path.toString().endsWith("_raises"))
                .map(
                        path ->
                                DynamicTest.dynamicTest(
                                        path.getFileName().toString(), () -> run(path, type)));
    }

    private static void run(Path folder, IouType type) throws IOException {
        JsonArray expected =
                JsonParser.parseString(Files.readString(folder.resolve("expected.json")))
                        .getAsJsonObject()
                        .getAsJsonArray("ious");
        Path file = folder.resolve("params.json");
        CocoDataset dataset = CocoDataset.readForEvaluation(folder.resolve("gt.json"), type);
        CocoResults results = CocoResults.read(folder.resolve("dt.json"), type);
        EvaluationParameters parameters =
                Files.exists(file)
                        ? EvaluationParameters.read(file, dataset)
                        : EvaluationParameters.defaults(type);
        EvaluationInput input = new EvaluationInput(dataset, results, parameters);
        for (JsonElement element : expected) {
            JsonObject matrix = element.getAsJsonObject();
            int image = Arrays.binarySearch(input.images(), matrix.get("image_id").getAsLong());
            int group =
                    parameters.useCats()
                            ? Arrays.binarySearch(
                                    input.categories(), matrix.get("category_id").getAsLong())
                            : 0;
            int[] truths = on(image, input.truths(group), input.annotationImages());
            int[] detections = on(image, input.detections(group), input.detectionImages());
            ScoreOrder.sort(
                    detections, 0, detections.length, results.scores(), new int[detections.length]);
            JsonArray rows = matrix.getAsJsonArray("iou");
            double[] overlaps = new double[rows.size() * truths.length];
            Overlaps.of(input)
                    .compute(truths, 0, truths.length, detections, 0, rows.size(), overlaps);
            double[] wanted =
                    rows.asList().stream()
                            .flatMap(row -> row.getAsJsonArray().asList().stream())
                            .mapToDouble(OverlapParityTest::number)
                            .toArray();
            if (type == IouType.SEGM) {
                assertThat(overlaps).isEqualTo(wanted);
            } else {
                assertThat(overlaps).hasSameSizeAs(wanted);
                for (int i = 0; i < wanted.length; i++) {
                    if (Double.isFinite(wanted[i])) {
                        assertThat(overlaps[i])
                                .isCloseTo(wanted[i], within(1e-15 * Math.max(1, wanted[i])));
                    } else {
                        assertThat(overlaps[i]).isEqualTo(Double.valueOf(wanted[i]));
                    }
                }
            }
        }
    }

    private static int[] on(int image, int[] members, int[] images) {
        return IntStream.of(members).filter(member -> images[member] == image).toArray();
    }

    private static double number(JsonElement number) {
        String text = number.getAsString();
        return text.equals("Infinity") ? Double.POSITIVE_INFINITY : Double.parseDouble(text);
    }
}
