package dev.fern.tools.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoEvaluator;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.tools.CommandRun;
import dev.fern.tools.console.FernProcess;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole sweeps that choose learning rates, of tiny networks on a few synthetic pictures.
 *
 * <p>Long because one sweep, which takes many seconds, serves most of what is asserted.
 */
class SweepRatesTest {

    private static final String[] GRID = {
        "--norms=frn", "--batch-sizes=2", "--seeds=1,2", "--rates=1,2", "--widen=1", "--epochs=4"
    };

    @TempDir static Path data;
    @TempDir Path work;

    @BeforeAll
    static void makeDataset() throws IOException {
        ShapesSynthesizer synthesizer = new ShapesSynthesizer(64, 64, 5);
        synthesizer.write(data, Split.TRAIN, 4);
        synthesizer.write(data, Split.VAL, 10);
    }

    private static CommandRun sweep(Path output, String... more) {
        return CommandRun.of(
                Stream.concat(
                                Stream.of(
                                        "sweep",
                                        "--train-annotations=" + annotations("train"),
                                        "--train-images=" + data + "/train",
                                        "--val-annotations=" + annotations("val"),
                                        "--val-images=" + data + "/val",
                                        "--output=" + output,
                                        "--resamples=39",
                                        "--no-pictures",
                                        "--processes=2",
                                        "--width=0.1",
                                        "--min-size=64",
                                        "--max-size=64",
                                        "--warmup-steps=1",
                                        "--lr=0.2",
                                        "--set=pyramidChannels=8",
                                        "--set=headConvolutions=0",
                                        "--set=evaluateEvery=2",
                                        // so that even an untrained network finds something
                                        "--set=scoreThreshold=0"),
                                Stream.of(more))
                        .toArray(String[]::new));
    }

    private static Path annotations(String part) {
        return data.resolve("annotations/instances_" + part + ".json");
    }

    private static String[] and(String... more) {
        return Stream.concat(Stream.of(GRID), Stream.of(more)).toArray(String[]::new);
    }

    private static JsonObject results(Path output) throws IOException {
        return JsonParser.parseString(Files.readString(output.resolve("results.json")))
                .getAsJsonObject();
    }

    private static double ap(Path detections, Set<Long> images) throws IOException {
        return CocoEvaluator.evaluate(
                        CocoDataset.readForEvaluation(annotations("val")),
                        CocoResults.read(detections),
                        EvaluationParameters.builder().imgIds(List.copyOf(images)).build())
                .stats()
                .get(CocoMetric.AP);
    }

    private static Set<String> cells(Path output) throws IOException {
        try (Stream<Path> folders = Files.list(output.resolve("cells"))) {
            Set<String> names = new TreeSet<>();
            folders.forEach(folder -> names.add(folder.getFileName().toString()));
            return names;
        }
    }

    private static void assertDone(CommandRun run) {
        assertThat(run.status()).as(String.join("\n", run.errors())).isZero();
    }

    @Test
    void theBestRateOnTheTuningImagesIsTrainedWithAllSeedsAndReportedOnTheOthers()
            throws Exception {
        Path output = work.resolve("sweep");
        assertDone(sweep(output, and("--tune-fraction=0.4")));
        JsonObject results = results(output);

        Set<Long> tuning = new HashSet<>();
        results.getAsJsonArray("tuning_images").forEach(id -> tuning.add(id.getAsLong()));
        Set<Long> reported = new HashSet<>();
        CocoDataset.read(annotations("val")).images().forEach(i -> reported.add(i.id()));
        reported.removeAll(tuning);
        assertThat(tuning).hasSize(4);
        assertThat(reported).hasSize(6);

        // Every rate with the first seed, scored as an evaluation of its own says.
        JsonObject choice = results.getAsJsonArray("choices").get(0).getAsJsonObject();
        Map<Double, Double> scores = new TreeMap<>();
        for (JsonElement element : choice.getAsJsonArray("trials")) {
            JsonObject trial = element.getAsJsonObject();
            double rate = trial.get("rate").getAsDouble();
            String cell =
                    "frn-b2-s1" + (rate == 1 ? "" : rate == 0.5 ? "-r0.5" : "-r" + (int) rate);
            double score = ap(output.resolve("cells/" + cell + "/detections.json"), tuning);
            assertThat(trial.get("tuning_AP").getAsDouble()).as(cell).isEqualTo(score);
            scores.put(rate, score);
        }
        assertThat(scores).hasSize(3).containsKeys(1.0, 2.0); // and one beyond the better of them
        double chosen = choice.get("rate").getAsDouble();
        double best = scores.values().stream().mapToDouble(s -> s).max().orElseThrow();
        assertThat(scores.get(chosen)).isEqualTo(best);
        boolean atEnd = scores.keySet().iterator().next() == chosen || chosen > 3;
        assertThat(choice.get("at_end").getAsBoolean()).isEqualTo(atEnd);

        // The other seed has the chosen rate alone.
        String suffix = chosen == 1 ? "" : chosen == 0.5 ? "-r0.5" : "-r" + (int) chosen;
        assertThat(cells(output)).hasSize(4).contains("frn-b2-s2" + suffix);
        JsonObject mean = results.getAsJsonArray("means").get(0).getAsJsonObject();
        double sum = 0;
        for (String seed : List.of("1", "2")) {
            sum +=
                    ap(
                            output.resolve("cells/frn-b2-s" + seed + suffix + "/detections.json"),
                            reported);
        }
        assertThat(mean.getAsJsonObject("AP").get("mean").getAsDouble()).isEqualTo(sum / 2);
        for (JsonElement element : results.getAsJsonArray("cells")) {
            JsonObject cell = element.getAsJsonObject();
            assertThat(cell.getAsJsonObject("cost").get("wallSeconds").getAsDouble()).isPositive();
            assertThat(cell.getAsJsonObject("environment").get("threads").getAsInt()).isPositive();
        }

        assertPagesFollowFromTheResultsAlone(output);
        assertOnlyTheChosenRateIsTrainedWhereTrialsAreKnown(output, suffix);
        assertGoesOnWhereItWasLost(output, suffix);
        assertOneCommandRepeatsACell(output, results.getAsJsonArray("cells").get(0));
    }

    private void assertPagesFollowFromTheResultsAlone(Path output) throws IOException {
        Path again = work.resolve("again");
        assertDone(
                CommandRun.of(
                        "sweep",
                        "--results=" + output.resolve("results.json"),
                        "--output=" + again));
        for (String file :
                List.of(
                        "results.json",
                        "results.csv",
                        "report.md",
                        "report.html",
                        "plots/ap.png",
                        "plots/ap-b2.png",
                        "plots/loss-b2.png",
                        "plots/rate-b2.png")) {
            assertThat(again.resolve(file)).as(file).hasSameBinaryContentAs(output.resolve(file));
        }
        assertThat(Files.readString(again.resolve("report.md")))
                .contains("## Learning rates", "AP on the tuning images", "fern train");
    }

    private void assertOnlyTheChosenRateIsTrainedWhereTrialsAreKnown(Path before, String suffix)
            throws IOException {
        Path elsewhere = work.resolve("elsewhere");
        String trials = "--trials=" + before.resolve("results.json");
        CommandRun run = sweep(elsewhere, and("--tune-fraction=0.4", trials));
        assertDone(run);
        assertThat(run.errors()).anyMatch(line -> line.contains("2 cells, 2 left to train"));
        assertThat(cells(elsewhere)).containsExactly("frn-b2-s1" + suffix, "frn-b2-s2" + suffix);
        for (String part : List.of("choices", "means", "comparisons", "intervals")) {
            assertThat(results(elsewhere).get(part)).as(part).isEqualTo(results(before).get(part));
        }
        Map<String, JsonElement> stats = statsByCell(results(before));
        assertThat(stats).hasSize(4);
        assertThat(statsByCell(results(elsewhere))).isEqualTo(stats);

        Path known = work.resolve("known");
        Files.createDirectories(known);
        Files.copy(elsewhere.resolve("sweep.json"), known.resolve("sweep.json"));
        assertDone(sweep(known, and("--tune-fraction=0.4", "--report-only", trials)));
        assertThat(statsByCell(results(known))).isEqualTo(stats);
        assertThat(results(known).getAsJsonArray("intervals")).isEmpty();

        CommandRun otherImages =
                sweep(work.resolve("other"), and("--tune-fraction=0.4", "--split-seed=2", trials));
        assertThat(otherImages.status()).isEqualTo(2);
        assertThat(otherImages.complaints())
                .singleElement()
                .asString()
                .contains("results.json", "splitSeed", "leave --trials out");
        CommandRun otherSettings =
                sweep(
                        work.resolve("other"),
                        and("--tune-fraction=0.4", "--set=momentum=0.8", trials));
        assertThat(otherSettings.status()).isEqualTo(2);
        assertThat(otherSettings.complaints())
                .singleElement()
                .asString()
                .contains("momentum 0.9, not 0.8", "leave --trials out");
        CommandRun nothingToChoose =
                sweep(work.resolve("other"), "--norms=frn", "--batch-sizes=2", "--seeds=1", trials);
        assertThat(nothingToChoose.status()).isEqualTo(2);
        assertThat(nothingToChoose.complaints()).singleElement().asString().contains("--trials");
        assertThat(work.resolve("other")).doesNotExist();
    }

    private static Map<String, JsonElement> statsByCell(JsonObject results) {
        Map<String, JsonElement> stats = new TreeMap<>();
        for (JsonElement element : results.getAsJsonArray("cells")) {
            JsonObject cell = element.getAsJsonObject();
            stats.put(cell.get("seed") + " x " + cell.get("rate"), cell.get("stats"));
        }
        return stats;
    }

    /** As after a kill before the end of a cell was recorded, and in the middle of the choice. */
    private static void assertGoesOnWhereItWasLost(Path output, String suffix) throws IOException {
        JsonElement choices = results(output).get("choices");
        Files.delete(output.resolve("cells/frn-b2-s1/tuning.json"));
        Files.delete(output.resolve("cells/frn-b2-s2" + suffix + "/outcome.json"));
        CommandRun resumed = sweep(output, and("--tune-fraction=0.4"));
        assertDone(resumed);
        assertThat(resumed.errors()).anyMatch(line -> line.contains("4 cells, 1 left to train"));
        assertThat(results(output).get("choices")).isEqualTo(choices);
        CommandRun otherPart = sweep(output, and("--tune-fraction=0.5"));
        assertThat(otherPart.status()).isEqualTo(2);
        assertThat(otherPart.complaints()).singleElement().asString().contains("sweep.json");
    }

    private void assertOneCommandRepeatsACell(Path output, JsonElement element) throws Exception {
        JsonObject cell = element.getAsJsonObject();
        String command = cell.get("command").getAsString();
        int threads = cell.getAsJsonObject("environment").get("threads").getAsInt();
        String processors = "-XX:ActiveProcessorCount=" + threads;
        String start = "OMP_NUM_THREADS=" + threads + " FERN_JAVA_OPTIONS=" + processors + " fern ";
        assertThat(command).startsWith(start + "train ");
        List<String> arguments =
                new ArrayList<>(Arrays.asList(command.substring(start.length()).split(" ")));
        Path run = work.resolve("repeated");
        arguments.removeIf(argument -> argument.startsWith("--output="));
        arguments.add("--output=" + run);
        ProcessBuilder builder = FernProcess.of(List.of(processors), arguments);
        builder.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
        Process process =
                builder.redirectErrorStream(true)
                        .redirectOutput(work.resolve("log").toFile())
                        .start();
        assertThat(process.waitFor()).as(Files.readString(work.resolve("log"))).isZero();
        Path first = output.resolve("cells/frn-b2-s1");
        assertThat(run.resolve("detections.json"))
                .hasSameBinaryContentAs(first.resolve("detections.json"));
        assertThat(run.resolve("last/parameters.safetensors"))
                .hasSameBinaryContentAs(first.resolve("last/parameters.safetensors"));
        List<String> metrics = Files.readAllLines(run.resolve("metrics.jsonl"));
        JsonObject last = JsonParser.parseString(metrics.get(metrics.size() - 1)).getAsJsonObject();
        JsonElement evaluation =
                cell.getAsJsonArray("evaluations")
                        .get(cell.getAsJsonArray("evaluations").size() - 1)
                        .getAsJsonObject()
                        .get("stats");
        assertThat(last.get("evaluation")).isEqualTo(evaluation);
    }

    @Test
    void halvingTrainsTheBetterHalfAloneToTheEnd() throws Exception {
        Path output = work.resolve("halving");
        String[] grid = {
            "--norms=frn",
            "--batch-sizes=2",
            "--seeds=1",
            "--rates=1,1000000",
            "--widen=0",
            "--epochs=4",
            "--halving"
        };
        assertDone(sweep(output, grid));
        JsonObject choice = results(output).getAsJsonArray("choices").get(0).getAsJsonObject();
        assertThat(choice.getAsJsonArray("trials"))
                .extracting(trial -> trial.getAsJsonObject().get("part").getAsDouble())
                .containsOnly(0.5);
        assertThat(choice.get("rate").getAsDouble()).isEqualTo(1);
        assertThat(choice.get("at_end").getAsBoolean()).isTrue();
        Path metrics = output.resolve("cells/frn-b2-s1/metrics.jsonl");
        assertThat(Files.readAllLines(metrics).stream().filter(l -> l.contains("\"positives\"")))
                .hasSize(8);
        assertThat(Files.readString(output.resolve("cells/frn-b2-s1/tuning.json"))).contains("0.5");
        Path other = output.resolve("cells/frn-b2-s1-r1000000");
        assertThat(Files.readAllLines(other.resolve("metrics.jsonl")).size()).isLessThan(6);
        assertThat(sweep(output, grid).errors()).anyMatch(line -> line.contains("0 left to train"));
        assertThat(results(output).getAsJsonArray("choices").get(0)).isEqualTo(choice);
    }

    @Test
    void everyRateIsTrainedWithEverySeedForAsManyStepsAndCellsMayComeFromElsewhere()
            throws Exception {
        Path output = work.resolve("all");
        String[] all = {
            "--norms=frn",
            "--batch-sizes=4",
            "--seeds=1,2",
            "--rates=1,2",
            "--widen=0",
            "--all-rates",
            "--equal=steps",
            "--batch-size=2",
            "--steps=2"
        };
        assertDone(sweep(output, all));
        assertThat(cells(output))
                .containsExactlyInAnyOrder(
                        "frn-b4-s1", "frn-b4-s2", "frn-b4-s1-r2", "frn-b4-s2-r2");
        assertThat(results(output).getAsJsonArray("cells")).hasSize(4);
        for (String cell : cells(output)) { // as many steps, though each has twice the images
            Path metrics = output.resolve("cells/" + cell + "/metrics.jsonl");
            assertThat(Files.readAllLines(metrics).stream())
                    .filteredOn(line -> line.contains("\"positives\""))
                    .hasSize(2)
                    .allMatch(line -> line.contains("\"images\":4"));
        }

        Path gathered = work.resolve("gathered");
        for (String cell : cells(output)) {
            copy(output.resolve("cells/" + cell), gathered.resolve("cells/" + cell));
        }
        CommandRun again = sweep(gathered, all);
        assertDone(again);
        assertThat(again.errors()).anyMatch(line -> line.contains("4 cells, 0 left to train"));
        for (String part : List.of("cells", "means", "choices")) {
            assertThat(results(gathered).get(part)).as(part).isEqualTo(results(output).get(part));
        }

        Path mixed = work.resolve("mixed");
        copy(output.resolve("cells/frn-b4-s1"), mixed.resolve("cells/frn-b4-s1"));
        CommandRun refused =
                sweep(mixed, "--norms=frn", "--batch-sizes=4", "--seeds=1", "--steps=9");
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.complaints())
                .singleElement()
                .asString()
                .contains("frn-b4-s1", "this cell was trained on other settings", "steps");
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
    }

    @Test
    void optionsThatDoNotGoTogetherAreToldInOneLine() throws IOException {
        Path other = work.resolve("other.json");
        Files.writeString(
                other,
                """
                {"images": [{"id": 1, "file_name": "other.png", "width": 64, "height": 64}],
                 "annotations": [], "categories": [{"id": 1, "name": "circle"}]}
                """);
        Map<String, String> wrong =
                Map.of(
                        "--tune-fraction=1",
                        "--tune-fraction",
                        "--tune-fraction=0.05",
                        "choose another part",
                        "--tune-annotations=" + other,
                        "other.json: image 1, other.png",
                        "--tune-seeds=3",
                        "--tune-seeds",
                        "--rates=1,1",
                        "--rates",
                        "--rates=0.1234567",
                        "--rates",
                        "--widen=-1",
                        "--widen",
                        "--diverged=0.5",
                        "--diverged",
                        "--equal=steps",
                        "--steps",
                        "--results=none.json",
                        "--results");
        for (Map.Entry<String, String> option : wrong.entrySet()) {
            boolean rates = option.getKey().startsWith("--rates");
            String[] grid =
                    Stream.of(GRID)
                            .filter(o -> !rates || !o.startsWith("--rates"))
                            .toArray(String[]::new);
            CommandRun run =
                    sweep(
                            work.resolve("sweep"),
                            Stream.concat(Stream.of(grid), Stream.of(option.getKey()))
                                    .filter(
                                            o ->
                                                    !o.equals("--widen=1")
                                                            || !option.getKey()
                                                                    .startsWith("--widen"))
                                    .toArray(String[]::new));
            assertThat(run.status()).as(option.getKey()).isEqualTo(2);
            assertThat(run.complaints()).singleElement().asString().contains(option.getValue());
            assertThat(work.resolve("sweep")).doesNotExist();
        }
        Path old = work.resolve("results.json");
        Files.writeString(old, "{\"command\": \"fern sweep\"}");
        CommandRun refused =
                CommandRun.of("sweep", "--results=" + old, "--output=" + work.resolve("report"));
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.complaints()).singleElement().asString().contains("--report-only");
    }
}
