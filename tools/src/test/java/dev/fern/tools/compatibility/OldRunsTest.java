package dev.fern.tools.compatibility;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.fern.backbone.parameter.SafeTensors;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs and sweeps that Fern began before go on, and come to what they came to then. */
class OldRunsTest {

    /**
     * How far a number may be from what it was, as part of it: twenty times what SSE 4.1, AVX2 and
     * AVX-512 make of one training. Without the optimiser's momentum it would be a tenth and more.
     */
    private static final double RELATIVE = 2e-5;

    @TempDir Path folder;

    private OldFiles old;

    @BeforeEach
    void unpack() throws IOException {
        old = OldFiles.unpack(folder);
    }

    private CommandRun fern(Stream<String> arguments) {
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    private CommandRun train(String... options) {
        return fern(
                Stream.of(Stream.of("train"), old.dataOptions().stream(), Stream.of(options))
                        .flatMap(part -> part));
    }

    private static void assertDone(CommandRun run) {
        assertThat(run.status()).as(run.errors().toString()).isZero();
    }

    /** Checks numbers of metrics but for times. */
    private static void assertClose(List<JsonObject> now, List<JsonObject> before) {
        assertThat(now).hasSameSizeAs(before);
        for (int i = 0; i < before.size(); i++) {
            assertThat(now.get(i).keySet()).containsAll(before.get(i).keySet());
            for (Map.Entry<String, JsonElement> number : before.get(i).entrySet()) {
                JsonElement is = now.get(i).get(number.getKey());
                if (number.getValue().isJsonObject()) {
                    assertClose(
                            List.of(is.getAsJsonObject()),
                            List.of(number.getValue().getAsJsonObject()));
                } else if (!number.getKey().equals("seconds")) {
                    assertClose(is.getAsDouble(), number.getValue().getAsDouble(), before.get(i));
                }
            }
        }
    }

    private static void assertClose(double now, double before, Object what) {
        assertThat(now).as("%s", what).isCloseTo(before, within(RELATIVE * Math.abs(before)));
    }

    @Test
    void anInterruptedTrainingGoesOnToWhatItCameTo() throws IOException {
        CommandRun resumed = train("--output=" + old.path("run"), "--resume");
        assertDone(resumed);
        assertThat(resumed.errors()).noneMatch(line -> line.startsWith("warning"));
        List<JsonObject> metrics = old.lines("run/metrics.jsonl");
        assertThat(metrics.stream().filter(line -> line.has("images")))
                .extracting(line -> line.get("step").getAsLong())
                .containsExactlyElementsOf(LongStream.rangeClosed(1, 180).boxed().toList());
        List<JsonObject> before = old.lines("run-resumed/metrics.jsonl");
        assertClose(metrics.subList(metrics.size() - before.size(), metrics.size()), before);
        FoundObjects.assertSame(
                old.array("run/detections.json"),
                old.array("run-resumed/detections.json"),
                1e-5,
                1e-3);
        assertClose(
                SafeTensors.read(old.path("run/last/parameters.safetensors")),
                SafeTensors.read(old.path("run-resumed/parameters.safetensors")));
    }

    private static void assertClose(Map<String, Tensor> now, Map<String, Tensor> before) {
        assertThat(now.keySet()).isEqualTo(before.keySet());
        before.forEach(
                (name, tensor) -> {
                    assertThat(now.get(name).shape()).as(name).isEqualTo(tensor.shape());
                    double squares = 0;
                    double differences = 0;
                    for (int i = 0; i < tensor.data().length; i++) {
                        double value = tensor.data()[i];
                        squares += value * value;
                        differences += Math.pow(now.get(name).data()[i] - value, 2);
                    }
                    assertThat(Math.sqrt(differences))
                            .as(name)
                            .isLessThanOrEqualTo(RELATIVE * Math.sqrt(squares));
                });
    }

    @Test
    void anInterruptedPretrainingGoesOnToWhatItCameTo() throws IOException {
        CommandRun resumed =
                fern(
                        Stream.of(
                                "pretrain",
                                "--train-images=" + old.classes(),
                                "--val-images=" + old.classes(),
                                "--output=" + old.path("pretraining"),
                                "--json=" + old.path("scores.json"),
                                "--resume"));
        assertDone(resumed);
        assertThat(resumed.errors()).noneMatch(line -> line.startsWith("warning"));
        assertClose(
                old.lines("pretraining/metrics.jsonl"),
                old.lines("pretraining-resumed/metrics.jsonl"));
        JsonObject scores = old.object("scores.json");
        JsonObject before = old.object("pretraining-resumed/scores.json");
        assertThat(scores.get("per_class")).isEqualTo(before.get("per_class"));
        assertClose(scores.get("loss").getAsDouble(), before.get("loss").getAsDouble(), "loss");
    }

    @ParameterizedTest
    @CsvSource({"pretraining/best, resnet18, brn20", "models/frozen-bn/model, resnet50, frozen-bn"})
    void aDetectorStartsFromAnOldBackbone(String model, String backbone, String norm)
            throws IOException {
        CommandRun trained =
                train(
                        "--output=" + old.path("started"),
                        "--backbone-weights=" + old.path(model),
                        "--backbone=" + backbone,
                        "--norm=" + norm,
                        "--width=0.015625",
                        "--min-size=64",
                        "--max-size=64",
                        "--set=pyramidChannels=4",
                        "--freeze-stages=5", // so that no value moves
                        "--steps=1");
        assertDone(trained);
        Map<String, Tensor> before =
                SafeTensors.read(old.path(model).resolve("parameters.safetensors"));
        before.keySet().removeIf(name -> !name.startsWith("backbone."));
        assertThat(before).hasSizeGreaterThan(60);
        assertThat(SafeTensors.read(old.path("started/last/parameters.safetensors")))
                .containsAllEntriesOf(before);
    }

    @Test
    void aReportOfAnOldRunHasEveryPart() throws IOException {
        CommandRun report = fern(Stream.of("report", old.path("run").toString()));
        assertDone(report);
        assertThat(report.errors()).noneMatch(line -> line.startsWith("warning"));
        assertThat(Files.readString(old.path("run/report.html")))
                .contains("<h1>Run run</h1>", "3 evaluations", "AP 0.086")
                .contains("<h2>How well it detects", "<h2>Loss", "<h2>Learning rate")
                .contains(
                        "<h2>Size of the gradient",
                        "<h2>Where AP is lost",
                        "<h2>How many are found")
                .contains("<h2>What is taken for what", "<h2>Each category")
                .contains("<h2>The images with the most faults", "data:image/jpeg;base64,");
    }

    @Test
    void aSweepThatIsDoneIsReportedAgainAndNotTrainedAgain() throws IOException {
        List<JsonObject> before =
                OldFiles.objects(old.object("sweep/results.json").getAsJsonArray("cells"));
        Files.delete(old.path("sweep/results.json"));
        CommandRun swept =
                fern(
                        Stream.of(
                                        Stream.of("sweep"),
                                        old.dataOptions().stream(),
                                        Stream.of(
                                                "--output=" + old.path("sweep"),
                                                "--norms=frn,bn",
                                                "--batch-sizes=2",
                                                "--seeds=1",
                                                "--resamples=39",
                                                "--no-pictures",
                                                "--width=0.015625",
                                                "--min-size=64",
                                                "--max-size=64",
                                                "--steps=6",
                                                "--warmup-steps=2",
                                                "--set=pyramidChannels=4",
                                                "--set=headConvolutions=1",
                                                "--set=anchorScales=[1]",
                                                "--set=anchorSizes=[8,16,32,64,128]",
                                                "--set=maxDetections=10",
                                                "--set=scoreThreshold=0"))
                                .flatMap(part -> part));
        assertDone(swept);
        assertThat(swept.errors()).anyMatch(line -> line.contains("2 cells, 0 left to train"));
        List<JsonObject> now =
                OldFiles.objects(old.object("sweep/results.json").getAsJsonArray("cells"));
        assertThat(now).hasSameSizeAs(before);
        for (int i = 0; i < before.size(); i++) {
            for (String part : List.of("norm", "status", "stats", "evaluations", "steps_taken")) {
                assertThat(now.get(i).get(part)).as(part).isEqualTo(before.get(i).get(part));
            }
            assertThat(now.get(i).getAsJsonObject("settings").asMap())
                    .containsAllEntriesOf(before.get(i).getAsJsonObject("settings").asMap());
        }
    }
}
