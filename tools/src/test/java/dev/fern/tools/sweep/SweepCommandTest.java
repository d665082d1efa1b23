package dev.fern.tools.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.tools.CommandRun;
import dev.fern.tools.console.FernProcess;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whole sweeps of tiny networks on a few synthetic pictures. Long because they share these pictures
 * and the commands on them.
 */
class SweepCommandTest {

    private static final List<String> TWELVE =
            List.of(
                    "AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm",
                    "ARl");

    @TempDir static Path data;
    @TempDir Path work;

    @BeforeAll
    static void makeDataset() throws IOException {
        ShapesSynthesizer synthesizer = new ShapesSynthesizer(64, 64, 5);
        synthesizer.write(data, Split.TRAIN, 4);
        synthesizer.write(data, Split.VAL, 3);
    }

    private static List<String> arguments(Path output, String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "sweep",
                                "--train-annotations=" + data + "/annotations/instances_train.json",
                                "--train-images=" + data + "/train",
                                "--val-annotations=" + data + "/annotations/instances_val.json",
                                "--val-images=" + data + "/val",
                                "--output=" + output,
                                "--resamples=39",
                                "--width=0.1",
                                "--min-size=64",
                                "--max-size=64",
                                "--set=pyramidChannels=8",
                                "--set=headConvolutions=0",
                                // so that even an untrained network finds something
                                "--set=scoreThreshold=0"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    private static CommandRun sweep(Path output, String... more) {
        return CommandRun.of(arguments(output, more).toArray(String[]::new));
    }

    private static String[] and(String[] options, String more) {
        return Stream.concat(Stream.of(options), Stream.of(more)).toArray(String[]::new);
    }

    private static JsonObject results(Path output) throws IOException {
        return JsonParser.parseString(Files.readString(output.resolve("results.json")))
                .getAsJsonObject();
    }

    private static Map<String, JsonObject> cells(Path output) throws IOException {
        Map<String, JsonObject> cells = new TreeMap<>();
        for (JsonElement element : results(output).getAsJsonArray("cells")) {
            JsonObject cell = element.getAsJsonObject();
            cells.put(
                    cell.get("norm").getAsString()
                            + "-b"
                            + cell.get("batch_size")
                            + "-s"
                            + cell.get("seed"),
                    cell);
        }
        return cells;
    }

    private static Map<Path, FileTime> times(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            Map<Path, FileTime> times = new TreeMap<>();
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                times.put(file, Files.getLastModifiedTime(file));
            }
            return times;
        }
    }

    @Test
    void everyCellIsTrainedOnceAndReported() throws IOException {
        Path output = work.resolve("sweep");
        String[] grid = {
            "--norms=frn,bn",
            "--batch-sizes=1,2",
            "--seeds=3",
            "--epochs=2",
            "--lr=0.02",
            "--warmup-steps=4"
        };
        CommandRun first = sweep(output, and(grid, "--processes=2"));
        assertThat(first.status()).as(String.join("\n", first.errors())).isZero();
        assertThat(first.errors()).filteredOn(line -> line.startsWith("[")).hasSize(4);

        Map<String, JsonObject> cells = cells(output);
        assertThat(cells).containsOnlyKeys("bn-b1-s3", "bn-b2-s3", "frn-b1-s3", "frn-b2-s3");
        cells.forEach(
                (name, cell) -> {
                    assertThat(cell.get("status").getAsString()).as(name).isEqualTo("done");
                    assertThat(cell.getAsJsonObject("stats").keySet())
                            .containsExactlyElementsOf(TWELVE);
                    assertThat(cell.getAsJsonArray("evaluations")).hasSize(2);
                    assertThat(cell.get("images_seen").getAsInt()).isEqualTo(8);
                    JsonObject settings = cell.getAsJsonObject("settings");
                    int batchSize = cell.get("batch_size").getAsInt();
                    assertThat(settings.get("batchSize").getAsInt()).isEqualTo(batchSize);
                    assertThat(settings.get("learningRate").getAsDouble())
                            .isEqualTo(0.01 * batchSize);
                    assertThat(settings.get("warmupSteps").getAsInt()).isEqualTo(8 / batchSize);
                    assertThat(cell.get("steps_taken").getAsInt()).isEqualTo(8 / batchSize);
                });

        List<String> csv = Files.readAllLines(output.resolve("results.csv"));
        assertThat(csv).hasSize(5);
        assertThat(csv.get(0)).contains("cell,status,reason,AP,AP50").contains("learningRate");
        assertThat(csv.subList(1, 5)).allMatch(line -> line.contains("-s3,done,"));

        assertThat(results(output).getAsJsonArray("comparisons")).hasSize(2);
        String report = Files.readString(output.resolve("report.html"));
        assertThat(report)
                .contains("<svg", "data:image/jpeg", "fern sweep --train-annotations=", "MXNet")
                .doesNotContain("<script", "src=\"http", "href=\"http");
        assertThat(Files.readString(output.resolve("report.md"))).contains("| 2 | bn | 1 of 1 |");
        for (String plot : List.of("ap", "ap-b1", "ap-b2", "loss-b1", "loss-b2")) {
            assertThat(output.resolve("plots/" + plot + ".png")).isNotEmptyFile();
        }

        Map<Path, FileTime> before = times(output.resolve("cells"));
        CommandRun second = sweep(output, and(grid, "--no-pictures"));
        assertThat(second.status()).isZero();
        assertThat(times(output.resolve("cells"))).isEqualTo(before);
        assertThat(cells(output)).isEqualTo(cells);
        assertThat(Files.readString(output.resolve("report.html"))).doesNotContain("image/jpeg");

        Path lost = output.resolve("cells/bn-b1-s3/detections.json");
        Files.delete(lost);
        CommandRun incomplete =
                sweep(
                        output,
                        "--norms=frn,bn",
                        "--batch-sizes=1",
                        "--seeds=3",
                        "--epochs=2",
                        "--lr=0.02",
                        "--warmup-steps=4",
                        "--report-only");
        assertThat(incomplete.status()).isEqualTo(2);
        assertThat(incomplete.complaints())
                .singleElement()
                .asString()
                .contains(lost.toString(), "delete the folder");

        CommandRun other = sweep(output, "--norms=frn", "--batch-sizes=1", "--seeds=3", "--lr=0.5");
        assertThat(other.status()).isEqualTo(2);
        assertThat(other.complaints())
                .singleElement()
                .asString()
                .contains("sweep.json", "--output");
    }

    @Test
    void aCellThatFailsIsReportedAndTheOthersGoOn() throws IOException {
        Path output = work.resolve("sweep");
        String[] grid = {
            "--norms=gn7,frn", "--batch-sizes=2", "--seeds=1", "--steps=1", "--no-pictures"
        };
        CommandRun first = sweep(output, grid);
        assertThat(first.status()).isZero();
        Map<String, JsonObject> cells = cells(output);
        assertThat(cells.get("frn-b2-s1").get("status").getAsString()).isEqualTo("done");
        assertThat(cells.get("gn7-b2-s1").get("status").getAsString()).isEqualTo("failed");
        String reason = cells.get("gn7-b2-s1").get("reason").getAsString();
        assertThat(reason).contains("7").doesNotContain("fern:");
        assertThat(Files.readString(output.resolve("report.html")))
                .contains("Cells without a result");
        assertThat(Files.readString(output.resolve("report.md"))).contains("| gn7-b2-s1 |");

        assertThat(sweep(output, grid).errors()).anyMatch(line -> line.contains("0 left to train"));
        assertThat(sweep(output, and(grid, "--retry-failed")).errors())
                .anyMatch(line -> line.contains("1 left to train"))
                .anyMatch(line -> line.startsWith("[2/2] gn7-b2-s1  failed: " + reason));
    }

    @Test
    void cellsOfOtherDataAreNotMixed() throws IOException {
        Path own = work.resolve("data");
        new ShapesSynthesizer(64, 64, 5).write(own, Split.TRAIN, 2);
        new ShapesSynthesizer(64, 64, 5).write(own, Split.VAL, 2);
        Path output = work.resolve("sweep");
        String[] first =
                arguments(
                                output,
                                "--norms=frn",
                                "--batch-sizes=1",
                                "--seeds=1",
                                "--steps=1",
                                "--no-pictures")
                        .stream()
                        .map(argument -> argument.replace(data.toString(), own.toString()))
                        .toArray(String[]::new);
        CommandRun begun = CommandRun.of(first);
        assertThat(begun.status()).as(String.join("\n", begun.errors())).isZero();
        new ShapesSynthesizer(64, 64, 6).write(own, Split.VAL, 2);
        CommandRun extended =
                CommandRun.of(
                        Arrays.stream(first)
                                .map(argument -> argument.replace("--seeds=1", "--seeds=1,2"))
                                .toArray(String[]::new));
        assertThat(extended.status()).isEqualTo(2);
        assertThat(extended.complaints())
                .singleElement()
                .asString()
                .contains("frn-b1-s1", "the validation annotations have", "--output");
        assertThat(output.resolve("cells/frn-b1-s2")).doesNotExist();
    }

    @Test
    void aTrainingThatDivergesIsAResultAndNothingButFailuresIsNone() throws IOException {
        Path output = work.resolve("sweep");
        CommandRun run =
                sweep(
                        output,
                        "--norms=bn",
                        "--batch-sizes=1",
                        "--seeds=1",
                        "--steps=20",
                        "--lr=1e30",
                        "--warmup-steps=0",
                        "--set=clipNorm=0");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.complaints()).singleElement().asString().contains("not finite");
        assertThat(cells(output).get("bn-b1-s1").get("reason").getAsString())
                .contains("not finite at step");
        assertThat(output.resolve("report.html")).isNotEmptyFile();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void anInterruptedSweepGoesOnToTheNumbersOfOneThatWasNot() throws Exception {
        String[] options = {
            "--norms=frn",
            "--batch-sizes=1",
            "--seeds=1",
            "--steps=80", // of batches of 2, so 160 of one image
            "--no-pictures",
            "--set=evaluateEvery=1000000",
            "--processes=2" // a core for the cell, so that sums have one order
        };
        Path output = work.resolve("interrupted");
        Process process =
                FernProcess.of(List.of(), arguments(output, options))
                        .redirectErrorStream(true)
                        .redirectOutput(work.resolve("log").toFile())
                        .start();
        Path cell = output.resolve("cells/frn-b1-s1");
        waitForSteps(process, cell.resolve("metrics.jsonl"), 2);
        process.destroy();
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(143);
        assertThat(Files.readString(work.resolve("log"))).contains("the same command goes on");
        assertThat(cell.resolve("last/progress.json")).exists();
        assertThat(cell.resolve("outcome.json")).doesNotExist();
        assertThat(results(output).getAsJsonArray("cells").get(0).getAsJsonObject())
                .matches(c -> c.get("status").getAsString().equals("unfinished"));

        Path whole = work.resolve("whole");
        assertThat(sweep(output, options).status()).isZero();
        assertThat(sweep(whole, options).status()).isZero();
        assertThat(withoutTimes(cell.resolve("metrics.jsonl")))
                .isEqualTo(withoutTimes(whole.resolve("cells/frn-b1-s1/metrics.jsonl")));
        assertThat(cell.resolve("detections.json"))
                .hasSameTextualContentAs(whole.resolve("cells/frn-b1-s1/detections.json"));
        assertThat(cells(output).get("frn-b1-s1").get("stats"))
                .isEqualTo(cells(whole).get("frn-b1-s1").get("stats"));
    }

    private static String withoutTimes(Path metrics) throws IOException {
        return Files.readAllLines(metrics).stream()
                .map(line -> line.replaceAll(",\"seconds\":[^,}]*", ""))
                .collect(Collectors.joining("\n"));
    }

    @Test
    void aSweepWhoseFolderIsReplacedWritesNothingThere() throws Exception {
        Path output = work.resolve("lost");
        Process process =
                FernProcess.of(
                                List.of(),
                                arguments(
                                        output,
                                        "--norms=frn",
                                        "--batch-sizes=1",
                                        "--seeds=1",
                                        "--steps=100000",
                                        "--set=evaluateEvery=1000000"))
                        .redirectErrorStream(true)
                        .redirectOutput(work.resolve("log").toFile())
                        .start();
        try {
            waitForSteps(process, output.resolve("cells/frn-b1-s1/metrics.jsonl"), 2);
            Files.move(output, work.resolve("moved"));
            Files.createDirectories(output.resolve("cells/frn-b1-s1"));
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        } finally {
            process.destroy(); // and the cell with it
        }
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(Files.readAllLines(work.resolve("log")))
                .filteredOn(line -> line.startsWith("fern: "))
                .singleElement()
                .asString()
                .contains(output + ": was deleted, moved or replaced");
        try (Stream<Path> files = Files.list(output)) {
            assertThat(files).containsExactly(output.resolve("cells"));
        }
        assertThat(output.resolve("cells/frn-b1-s1")).isEmptyDirectory();
        assertThat(output.resolve("cells/frn-b1-s1-saved/last/progress.json")).exists();
    }

    private static void waitForSteps(Process process, Path metrics, int steps) throws Exception {
        for (int i = 0; i < 6000 && process.isAlive(); i++) {
            if (Files.exists(metrics)) {
                try (Stream<String> lines = Files.lines(metrics)) {
                    if (lines.count() >= steps) {
                        return;
                    }
                }
            }
            Thread.sleep(20);
        }
        throw new AssertionError("the cell took no steps");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    --norms=frn,none  | --batch-sizes=1   | --seeds=1   | none
                    --norms=frn,frn   | --batch-sizes=1   | --seeds=1   | --norms
                    --norms=frn       | --batch-sizes=0   | --seeds=1   | --batch-sizes
                    --norms=frn       | --batch-sizes=x   | --seeds=1   | --batch-sizes
                    --norms=frn       | --batch-sizes=1   | --seeds=1,1 | --seeds
                    --norms=frn       | --batch-sizes=1   | --norm=bn   | --norms
                    --norms=frn       | --seeds=1         | --seed=2    | --seeds
                    --norms=frn       | --seeds=1         | --lr=0.1    | --batch-sizes
                    """)
    void badInputIsToldInOneLine(String first, String second, String third, String named) {
        assertRefused(sweep(work.resolve("sweep"), first, second, third), named);
    }

    @Test
    void moreBadInputIsToldInOneLine() throws IOException {
        String[] grid = {"--norms=frn", "--batch-sizes=1", "--seeds=1"};
        Map<String, String> wrong =
                Map.of(
                        "--norm=bn", "--norms",
                        "--seed=2", "--seeds",
                        "--processes=0", "--processes",
                        "--rate-rule=cubic", "--rate-rule",
                        "--resamples=3", "resamples",
                        "--report-only", "no sweep",
                        "--engine=None", "None",
                        "--set=batchsize=2", "batchSize",
                        "--set=patience=2", "patience");
        for (Map.Entry<String, String> option : wrong.entrySet()) {
            assertRefused(
                    sweep(work.resolve("sweep"), and(grid, option.getKey())), option.getValue());
        }
        Path output = Files.createDirectories(work.resolve("other"));
        Files.writeString(output.resolve("sweep.json"), "{\"settings\": 3}");
        assertRefused(sweep(output, grid), "sweep.json");
        Files.writeString(output.resolve("sweep.json"), "not JSON");
        assertRefused(sweep(output, grid), "sweep.json");
    }

    private void assertRefused(CommandRun run, String named) {
        assertThat(run.status()).as(String.join("\n", run.errors())).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains(named);
        assertThat(work.resolve("sweep")).doesNotExist();
    }
}
