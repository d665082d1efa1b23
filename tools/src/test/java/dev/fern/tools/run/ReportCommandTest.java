package dev.fern.tools.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.pretrain.PretrainingConfiguration;
import dev.fern.tools.CommandRun;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import dev.fern.tools.report.Drawings;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fern report}, of a training of two epochs on four pictures. */
class ReportCommandTest {

    private static final String HOSTILE = "</td><script src=//evil.example>\u202e&\u0007";
    private static final String HARMLESS = "&lt;/td&gt;&lt;script src=//evil.example&gt;?&amp;?";

    @TempDir static Path folder;

    @TempDir Path work;

    private static Path annotations;
    private static Path images;
    private static Path run;
    private static CommandRun trained;

    @BeforeAll
    static void train() throws IOException {
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 4);
        images = folder.resolve("train");
        annotations = folder.resolve("annotations/instances_train.json");
        JsonObject root = JsonParser.parseString(Files.readString(annotations)).getAsJsonObject();
        root.getAsJsonArray("categories")
                .get(0)
                .getAsJsonObject()
                .addProperty("name", "ellipse" + HOSTILE);
        Files.writeString(annotations, root.toString());
        run = folder.resolve("runs/a run");
        trained =
                CommandRun.of(
                        "train",
                        "--train-annotations=" + annotations,
                        "--train-images=" + images,
                        "--val-annotations=" + annotations,
                        "--val-images=" + images,
                        "--output=" + run,
                        "--epochs=2",
                        "--batch-size=2",
                        "--width=0.1",
                        "--min-size=64",
                        "--max-size=64",
                        "--set=pyramidChannels=8",
                        "--set=headConvolutions=0",
                        "--set=scoreThreshold=0");
        assertThat(trained.status()).as(trained.errors().toString()).isZero();
    }

    private static CommandRun report(Path of, String... more) {
        List<String> arguments =
                Stream.concat(Stream.of("report", of.toString()), Stream.of(more)).toList();
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    private Path copyOfRun() throws IOException {
        Path copy = work.resolve("copy");
        Files.walkFileTree(
                run,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path from, BasicFileAttributes a)
                            throws IOException {
                        Files.createDirectories(copy.resolve(run.relativize(from)));
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path from, BasicFileAttributes a)
                            throws IOException {
                        Files.copy(from, copy.resolve(run.relativize(from)));
                        return FileVisitResult.CONTINUE;
                    }
                });
        return copy;
    }

    @Test
    void aTrainingLeavesWhatItWasMadeOfAndItsNumbersInEveryForm() throws IOException {
        JsonObject record =
                JsonParser.parseString(Files.readString(run.resolve("run.json"))).getAsJsonObject();
        JsonObject start = record.getAsJsonArray("starts").get(0).getAsJsonObject();
        assertThat(start.getAsJsonArray("command").get(1).getAsString()).isEqualTo("train");
        assertThat(start.getAsJsonArray("command")).hasSize(15);
        assertThat(start.get("engine").getAsString()).startsWith("MXNet ");
        assertThat(start.get("java").getAsString()).contains(System.getProperty("java.version"));
        JsonObject validation = record.getAsJsonObject("validation");
        assertThat(validation.get("annotations").getAsString())
                .isEqualTo(annotations.toAbsolutePath().toString());
        assertThat(validation.get("imageCount").getAsInt()).isEqualTo(4);

        assertThat(Files.readAllLines(run.resolve("metrics.csv")))
                .hasSize(5)
                .first()
                .asString()
                .startsWith("step,epoch,classification,regression,learningRate,gradientNorm");
        assertThat(Files.readAllLines(run.resolve("evaluations.csv")))
                .hasSize(3)
                .first()
                .isEqualTo("step,epoch,AP,AP50,AP75,APs,APm,APl,AR1,AR10,AR100,ARs,ARm,ARl");
        assertThat(trained.errors()).contains("look at the run: fern report " + run);
    }

    @Test
    void thePageHasEveryPartAndNeedsNothingElse() throws Exception {
        Path page = work.resolve("page.html");
        CommandRun made = report(run, "--output=" + page);
        assertThat(made.status()).as(made.errors().toString()).isZero();
        assertThat(made.out()).isEqualTo("report: " + page + System.lineSeparator());
        String html = Files.readString(page);
        assertThat(html)
                .startsWith("<!doctype html>")
                .contains("<h1>Run a run</h1>", "4 steps, 8 images seen, 2 evaluations")
                .contains("<h2>How well it detects", "<h2>Loss", "<h2>Learning rate")
                .contains("<h2>Size of the gradient", "<h2>Where AP is lost", "<h2>How many")
                .contains("<h2>What is taken for what", "<h2>Each category")
                .contains("<h2>The images with the most faults", "data:image/jpeg;base64,")
                .contains("<td>width<td class=\"left\">0.1<td class=\"left note\">0.5")
                .contains("&#39;--output=" + run + "&#39;", images.toString(), "Images 4, objects")
                .contains("<td>ellipse" + HARMLESS)
                .doesNotContain("<script", "<link", "@import", "url(", "\u202e", "\u0007")
                .doesNotContainPattern("<[^>]*\\b(src|href)=(?!\"data:)")
                .doesNotContain("class=\"warnings\"");
        assertThat(html.substring(0, html.indexOf("<details>"))).doesNotContain("<td>momentum<td");
        assertThat(html.substring(html.indexOf("<details>"))).contains("<td>momentum<td");
        // four curves, errors, precision, confusion, reliability, and each picture
        assertThat(Drawings.count(html)).isEqualTo(12);
    }

    @Test
    void whatIsNotThereAnyMoreIsLeftOutAndNamed() throws IOException {
        Path moved = copyOfRun();
        Path record = moved.resolve("run.json");
        Files.writeString(
                record,
                Files.readString(record)
                        .replace('"' + images.toString(), '"' + work.resolve("gone").toString()));
        CommandRun made = report(moved);
        assertThat(made.status()).as(made.errors().toString()).isZero();
        assertThat(made.errors())
                .singleElement()
                .asString()
                .startsWith("warning: ")
                .contains(work.resolve("gone") + " is no longer there", "--images");
        Path page = moved.resolve("report.html");
        assertThat(page)
                .content()
                .contains("gone is no longer there", "<h2>Loss", "<h2>Settings")
                .doesNotContain("<h2>Each category");

        assertThat(report(moved, "--images=" + images).status()).isZero();
        assertThat(page).content().contains("<h2>Each category").doesNotContain("no longer there");
        assertThat(report(moved, "--curves-only").status()).isZero();
        assertThat(page).content().doesNotContain("<h2>Each category", "no longer there");

        Files.delete(record);
        assertThat(report(moved).status()).isZero();
        assertThat(page).content().contains("give --annotations and --images");
        String[] given = {"--annotations=" + annotations, "--images=" + images};
        assertThat(report(moved, given).status()).isZero();
        assertThat(page).content().contains("<h2>Each category");
    }

    @Test
    void dataThatChangedSinceIsToldOf() throws IOException {
        Path changed = copyOfRun();
        Path metrics = changed.resolve("metrics.jsonl");
        Files.writeString(
                metrics, Files.readString(metrics).replaceAll("\"AP\":[^,]*", "\"AP\":0.99"));
        CommandRun made = report(changed);
        assertThat(made.status()).as(made.errors().toString()).isZero();
        assertThat(changed.resolve("report.html")).content().contains("have changed since");
    }

    @Test
    void aTrainingThatHasJustBegunHasAReportToo() throws IOException {
        Path begun = Files.createDirectory(work.resolve("begun"));
        Files.copy(run.resolve("config.json"), begun.resolve("config.json"));
        Files.copy(run.resolve("run.json"), begun.resolve("run.json"));
        CommandRun made = report(begun);
        assertThat(made.status()).as(made.errors().toString()).isZero();
        assertThat(begun.resolve("report.html"))
                .content()
                .contains("No step was taken yet", "There was no evaluation yet")
                .contains("there is no model yet");
    }

    @Test
    void aDamagedRunIsRefusedInALineThatNamesTheFile() throws IOException {
        Path damaged = copyOfRun();
        String step = Files.readAllLines(run.resolve("metrics.jsonl")).get(0);
        for (String line :
                List.of(
                        "{\"step\":",
                        "7",
                        "{\"step\":-1}",
                        step,
                        step.replace("\"images\":2", "\"images\":\"<b>\\u001b\""),
                        step.replaceFirst("\"step\":1", "\"step\":1e99"),
                        "{\"epoch\":1,\"step\":9,\"evaluation\":{}}",
                        "{\"epoch\":1,\"step\":1,\"evaluation\":[]}",
                        "[".repeat(100_000),
                        "x".repeat(2_000_000))) {
            Files.writeString(
                    damaged.resolve("metrics.jsonl"), step + "\n" + line + "\n" + step + "\n");
            assertRefused(report(damaged), "metrics.jsonl: line 2 ");
        }
        Files.write(damaged.resolve("metrics.jsonl"), new byte[] {'{', (byte) 0xff, '\n'});
        assertRefused(report(damaged), "metrics.jsonl: not UTF-8");
        replaceByFolder(damaged.resolve("metrics.jsonl"));
        assertRefused(report(damaged), "metrics.jsonl: is not a regular file");

        for (String text : List.of("{", "{\"train\":{}}", "\u001b[2J", "{\"starts\":[]}")) {
            Files.writeString(damaged.resolve("run.json"), text);
            assertRefused(report(damaged), "run.json: damaged");
        }
        Files.writeString(
                damaged.resolve("run.json"),
                Files.readString(run.resolve("run.json"))
                        .replaceFirst("\"annotations\": \"", "\"annotations\": \"\\\\u0000"));
        assertRefused(report(damaged), "run.json: damaged");

        for (String text : List.of("", "{", "[]", "\"candidatesPerLevel\"", "[".repeat(9999))) {
            Files.writeString(damaged.resolve("config.json"), text);
            assertRefused(report(damaged), "config.json: not");
        }
        try (RandomAccessFile huge =
                new RandomAccessFile(damaged.resolve("config.json").toFile(), "rw")) {
            huge.setLength(5_000_000_000L); // takes no place
        }
        assertRefused(report(damaged), "config.json: is larger");
        Files.delete(damaged.resolve("config.json"));
        assertRefused(report(damaged), "no config.json");
    }

    private static void replaceByFolder(Path file) throws IOException {
        Files.delete(file);
        Files.createDirectory(file);
    }

    @Test
    void badUsageIsRefusedBeforeTheWork() throws IOException {
        assertRefused(report(work.resolve("none")), "none: there is no such folder");
        assertRefused(report(annotations), "no such folder");
        Path classifier = Files.createDirectories(work.resolve("classifier"));
        Files.writeString(
                classifier.resolve("config.json"), PretrainingConfiguration.of(List.of()).toJson());
        assertRefused(report(classifier), "is a run of fern pretrain");
        assertRefused(report(run, "--output=" + work.resolve("no/page.html")), "no folder");
        Path copy = copyOfRun();
        String before = Files.readString(copy.resolve("config.json"));
        assertRefused(report(copy, "--output=" + copy.resolve("config.json")), "is read by this");
        assertThat(copy.resolve("config.json")).hasContent(before);
        assertRefused(report(run, "--curves-only", "--images=" + images), "--curves-only");
        assertRefused(report(run, "--images=" + work.resolve("none")), "none");
        assertRefused(report(run, "--annotations=" + work.resolve("none.json")), "none.json");
    }

    @Test
    void fileNamesThatClimbOutOfTheImageFolderAreNotFollowed() throws IOException {
        Path climbing =
                Files.writeString(
                        work.resolve("climbing.json"),
                        Files.readString(annotations)
                                .replaceFirst("\"file_name\":\"", "\"file_name\":\"../../train/"));
        assertRefused(report(run, "--annotations=" + climbing), "leads out of the image folder");
    }

    private static void assertRefused(CommandRun made, String part) {
        assertThat(made.status()).as(made.errors().toString()).isEqualTo(2);
        assertThat(made.errors()).singleElement().asString().startsWith("fern: ").contains(part);
        assertThat(made.errors().get(0)).doesNotContain("\u001b");
        assertThat(made.out()).isEmpty();
    }
}
