package dev.fern.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bad input gets status 2 and one line that names the file and the record, and loses nothing. */
class BadInputTest {

    private static final int IMAGES = 4;

    @TempDir static Path folder;

    private static Path annotations;
    private static Path images;

    @BeforeAll
    static void makeDataset() throws IOException {
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, IMAGES);
        annotations = folder.resolve("annotations/instances_train.json");
        images = folder.resolve("train");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    five numbers      | `"bbox":[`             | `"bbox":[1,`              | `annotations[0]`
                    not a number      | `"bbox":[`             | `"bbox":[NaN,1,2,3],"x":[` | `annotations[0]`
                    unknown image     | `"image_id":1,`        | `"image_id":77,`          | `annotations[0]`
                    unknown category  | `"category_id":`       | `"category_id":99`        | `annotations[0]`
                    no categories     | `"categories"`         | `"cats"`                  | `categories`
                    """)
    void damagedAnnotationsAreRefused(
            String name, String part, String replacement, String record, @TempDir Path work)
            throws IOException {
        String text = Files.readString(annotations).replaceAll("(?<=[:,{\\[])\\s+", "");
        assertThat(text).contains(part);
        Path damaged = work.resolve("damaged.json");
        Files.writeString(
                damaged,
                text.replaceFirst(Pattern.quote(part), Matcher.quoteReplacement(replacement)));
        assertRefused(train(damaged, images, work.resolve("run")), "damaged.json", record);
        assertThat(work.resolve("run").resolve("metrics.jsonl")).doesNotExist();
    }

    @Test
    void duplicateIdsAreRefused(@TempDir Path work) throws IOException {
        for (String list : List.of("images", "annotations", "categories")) {
            String text = Files.readString(annotations);
            int start = text.indexOf('[', text.indexOf("\"" + list + "\"")) + 1;
            int end = closingBrace(text, start);
            String record = text.substring(start, end + 1);
            Path damaged = work.resolve(list + ".json");
            Files.writeString(
                    damaged, text.substring(0, start) + record + "," + text.substring(start));
            assertRefused(
                    train(damaged, images, work.resolve("run")), list + ".json", list + "[1]");
        }
    }

    private static int closingBrace(String text, int from) {
        int depth = 0;
        for (int i = from; ; i++) {
            depth += text.charAt(i) == '{' ? 1 : text.charAt(i) == '}' ? -1 : 0;
            if (depth == 0 && text.charAt(i) == '}') {
                return i;
            }
        }
    }

    @Test
    void filesThatAreNoAnnotationsAreRefused(@TempDir Path work) throws IOException {
        Path run = work.resolve("run");
        assertRefused(train(work.resolve("none.json"), images, run), "none.json", "");
        Path text = Files.writeString(work.resolve("text.json"), "hello");
        assertRefused(train(text, images, run), "text.json", "");
        byte[] whole = Files.readAllBytes(annotations);
        Path cut = Files.write(work.resolve("cut.json"), Arrays.copyOf(whole, whole.length / 2));
        assertRefused(train(cut, images, run), "cut.json", "");
        assertThat(run.resolve("config.json")).doesNotExist();
    }

    @Test
    void badImagesAreRefusedOrSkippedAndCounted(@TempDir Path work) throws IOException {
        byte[] whole = Files.readAllBytes(firstImage(images));
        List<byte[]> contents =
                Arrays.asList(
                        null,
                        new byte[0],
                        "no image".getBytes(StandardCharsets.UTF_8),
                        Arrays.copyOf(whole, whole.length / 2),
                        pngOf(30_000, 30_000));
        for (int i = 0; i < contents.size(); i++) {
            Path copy = copyOfImages(work.resolve("images" + i));
            Path bad = firstImage(copy);
            Files.delete(bad);
            if (contents.get(i) != null) {
                Files.write(bad, contents.get(i));
            }
            assertRefused(
                    train(annotations, copy, work.resolve("refused" + i)),
                    bad.getFileName().toString(),
                    "");
            CommandRun skipping =
                    train(annotations, copy, work.resolve("skipped" + i), "--skip-bad-images");
            assertThat(skipping.status()).as(skipping.errors().toString()).isZero();
            assertThat(skipping.errors()).anyMatch(line -> line.contains("left out"));
            assertThat(work.resolve("skipped" + i).resolve("best/model.json")).exists();
        }
    }

    @Test
    void aNameThatClimbsOutOfTheFolderIsRefused(@TempDir Path work) throws IOException {
        String name = firstImage(images).getFileName().toString();
        Path climbing = work.resolve("climbing.json");
        Files.writeString(
                climbing, Files.readString(annotations).replace(name, "../train/" + name));
        assertRefused(train(climbing, images, work.resolve("run")), "../train/" + name, "");
    }

    @Test
    void anOutputFolderThatCanNotBeIsRefusedBeforeTheFirstStep(@TempDir Path work)
            throws IOException {
        Path file = Files.writeString(work.resolve("file"), "");
        assertRefused(train(annotations, images, file.resolve("run")), file.toString(), "");
    }

    @Test
    void brokenModelsAreRefused(@TempDir Path work) throws IOException {
        assertThat(train(annotations, images, work.resolve("run")).status()).isZero();
        Path model = work.resolve("run/best");
        Path parameters = model.resolve("parameters.safetensors");
        byte[] whole = Files.readAllBytes(parameters);
        Files.write(parameters, Arrays.copyOf(whole, whole.length - 100));
        assertRefused(detect(model), "parameters.safetensors", "");
        Files.delete(parameters);
        assertRefused(detect(model), "parameters.safetensors", "");
        Files.writeString(model.resolve("model.json"), "{");
        assertRefused(detect(model), "model.json", "");
        Files.delete(model.resolve("model.json"));
        assertRefused(detect(model), "model.json", "");
    }

    @Test
    void parametersThatAreNotFiniteAreRefused(@TempDir Path work) throws IOException {
        assertThat(train(annotations, images, work.resolve("run")).status()).isZero();
        Path parameters = work.resolve("run/best/parameters.safetensors");
        byte[] bytes = Files.readAllBytes(parameters);
        Arrays.fill(bytes, bytes.length - 4, bytes.length, (byte) 0xff); // a NaN
        Files.write(parameters, bytes);
        assertRefused(detect(work.resolve("run/best")), "parameters.safetensors", "NaN");
    }

    @Test
    void drawingsDoNotReplaceTheImages(@TempDir Path work) throws IOException {
        assertThat(train(annotations, images, work.resolve("run")).status()).isZero();
        Path originals = copyOfImages(work.resolve("originals"));
        byte[] before = Files.readAllBytes(firstImage(originals));
        Path link = Files.createSymbolicLink(work.resolve("link"), originals);
        for (Path output : List.of(originals, link)) {
            CommandRun run =
                    CommandRun.of(
                            "detect",
                            "--model=" + work.resolve("run/best"),
                            "--output=" + output,
                            originals.toString());
            assertRefused(run, firstImage(originals).getFileName().toString(), "--output");
        }
        assertThat(firstImage(originals)).hasBinaryContent(before);
    }

    @Test
    void aTrainingDoesNotReplaceOtherFiles(@TempDir Path work) throws IOException {
        for (String name :
                List.of("best/mine.txt", "last/mine.txt", "config.json", "metrics.jsonl")) {
            Path run = work.resolve("run-" + name.replace('/', '-'));
            Path mine = run.resolve(name);
            Files.createDirectories(mine.getParent());
            Files.writeString(mine, "mine");
            assertRefused(train(annotations, images, run), run.toString(), "--output");
            assertThat(mine).hasContent("mine");
        }
    }

    @Test
    void aTrainingKeepsOutOfAFolderThatAnotherOneUses(@TempDir Path work) throws IOException {
        Path run = work.resolve("run");
        try (Closeable held = RunDirectory.create(run).lock()) {
            assertThat(held).isNotNull();
            assertRefused(train(annotations, images, run), run.toString(), "another training");
        }
        assertThat(train(annotations, images, run).status()).isZero();
    }

    @Test
    void aResumedTrainingKeepsItsData(@TempDir Path work) throws IOException {
        Path run = work.resolve("run");
        assertThat(train(annotations, images, run).status()).isZero();
        Path renamed = work.resolve("renamed.json");
        Files.writeString(renamed, Files.readString(annotations).replace("\"star\"", "\"comet\""));
        assertRefused(train(renamed, images, run, "--resume"), run.toString(), "categories");
    }

    @Test
    void badImagesAreLeftOutOfAnEvaluation(@TempDir Path work) throws IOException {
        assertThat(train(annotations, images, work.resolve("run")).status()).isZero();
        Path partly = copyOfImages(work.resolve("partly"));
        byte[] whole = Files.readAllBytes(firstImage(partly));
        Files.write(firstImage(partly), Arrays.copyOf(whole, whole.length / 2));
        CommandRun run = evaluate(work.resolve("run/best"), partly, work.resolve("numbers.json"));
        assertThat(run.status()).isZero();
        assertThat(run.errors()).anyMatch(line -> line.contains("1 images were not evaluated"));
        assertThat(work.resolve("numbers.json")).content().contains("\"imgIds\"");

        try (Stream<Path> files = Files.list(partly)) {
            for (Path file : files.toList()) {
                Files.write(file, Arrays.copyOf(whole, whole.length / 2));
            }
        }
        assertRefused(
                evaluate(work.resolve("run/best"), partly, work.resolve("none.json")),
                firstImage(partly).toString(),
                "no image");
        assertThat(work.resolve("none.json")).doesNotExist();
    }

    private static CommandRun evaluate(Path model, Path imageFolder, Path json) {
        return CommandRun.of(
                "evaluate",
                "--annotations=" + annotations,
                "--images=" + imageFolder,
                "--model=" + model,
                "--skip-bad-images",
                "--json=" + json);
    }

    @Test
    void badUsageIsToldInALine() {
        assertThat(CommandRun.of("train", "--bogus").status()).isEqualTo(2);
        assertThat(CommandRun.of("nonsense").status()).isEqualTo(2);
        for (String option :
                List.of("--limit-train=-1", "--limit-val=-1", "--loader-threads=0", "--norm=gn7")) {
            assertRefused(
                    train(annotations, images, folder.resolve("unused-" + option), option), "", "");
        }
        CommandRun setting =
                train(annotations, images, folder.resolve("unused"), "--set", "learnRate=1");
        assertRefused(setting, "learnRate", "learningRate");
        assertThat(folder.resolve("unused")).doesNotExist();
    }

    private static CommandRun detect(Path model) {
        return CommandRun.of("detect", "--model", model.toString(), images.toString());
    }

    private static CommandRun train(Path file, Path imageFolder, Path output, String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "train",
                                "--train-annotations",
                                file.toString(),
                                "--train-images",
                                imageFolder.toString(),
                                "--val-annotations",
                                file.toString(),
                                "--val-images",
                                imageFolder.toString(),
                                "--output",
                                output.toString(),
                                "--epochs=1",
                                "--width=0.1",
                                "--min-size=64",
                                "--max-size=64",
                                "--set=pyramidChannels=8",
                                "--set=headConvolutions=0"));
        arguments.addAll(List.of(more));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    private static void assertRefused(CommandRun run, String file, String record) {
        assertThat(run.status()).as(run.errors().toString()).isEqualTo(2);
        assertThat(run.complaints()).as(run.errors().toString()).hasSize(1);
        assertThat(run.complaints().get(0)).contains(file).contains(record);
        assertThat(run.errors()).noneMatch(line -> line.startsWith("\tat "));
    }

    private static Path firstImage(Path images) throws IOException {
        try (Stream<Path> files = Files.list(images)) {
            return files.sorted().findFirst().orElseThrow();
        }
    }

    private static Path copyOfImages(Path target) throws IOException {
        Files.createDirectories(target);
        try (Stream<Path> files = Files.list(images)) {
            for (Path file : files.toList()) {
                Files.copy(file, target.resolve(file.getFileName()));
            }
        }
        return target;
    }

    /** The head of a PNG of that size, which no decoder should come to unpack. */
    private static byte[] pngOf(int width, int height) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        DataOutputStream fields = new DataOutputStream(header);
        fields.writeBytes("IHDR");
        fields.writeInt(width);
        fields.writeInt(height);
        fields.write(new byte[] {8, 2, 0, 0, 0});
        out.writeInt(13);
        out.write(header.toByteArray());
        CRC32 crc = new CRC32();
        crc.update(header.toByteArray());
        out.writeInt((int) crc.getValue());
        return bytes.toByteArray();
    }
}
