package dev.fern.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import dev.fern.backbone.parameter.SafeTensors;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.model.ModelDirectory;
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
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bad input gets status 2 and one line that names the file and the record, and loses nothing. Long
 * because that is one promise of all commands, tried on one data set.
 */
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
        CommandRun run = train(climbing, images, work.resolve("run"));
        assertRefused(run, climbing.toString(), "../train/" + name);
        assertRefused(run, "image id 1", "");
        assertThat(work.resolve("run")).doesNotExist();
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
    void aModelWhoseOutputsAreNotFiniteIsAnError(@TempDir Path work) throws IOException {
        assertThat(train(annotations, images, work.resolve("run")).status()).isZero();
        Path model = work.resolve("run/best");
        Path file = model.resolve("parameters.safetensors");
        Map<String, Tensor> parameters = SafeTensors.read(file);
        Arrays.fill(parameters.get("regression.output.weight").data(), 3e38f);
        SafeTensors.write(file, parameters, Map.of());
        for (CommandRun run :
                List.of(
                        CommandRun.of(
                                "detect", "--model=" + model, "--skip-bad-images", "" + images),
                        evaluate(model, images, work.resolve("numbers.json")),
                        CommandRun.of(
                                "verify", "--model=" + model, "--batch-size=2", "" + images))) {
            assertThat(run.status()).isEqualTo(1);
            assertThat(run.complaints())
                    .singleElement()
                    .asString()
                    .contains("outputs are not finite");
            assertThat(run.out()).isEmpty();
        }
        assertThat(work.resolve("numbers.json")).doesNotExist();
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
                List.of(
                        "best/mine.txt",
                        "last/mine.txt",
                        "config.json",
                        "data.json",
                        "metrics.jsonl")) {
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
        assertThat(run.errors()).anyMatch(line -> line.contains("1 images were left out"));
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
    void anImageThatIsLeftOutIsToldOfOnce(@TempDir Path work) throws IOException {
        Path copy = copyOfImages(work.resolve("images"));
        Path bad = firstImage(copy);
        byte[] whole = Files.readAllBytes(bad);
        Files.write(bad, Arrays.copyOf(whole, whole.length / 2));
        CommandRun run =
                train(annotations, copy, work.resolve("run"), "--skip-bad-images", "--epochs=3");
        assertThat(run.status()).isZero();
        assertThat(run.errors()).filteredOn(line -> line.startsWith("left out: ")).hasSize(1);
        assertThat(run.errors()).containsOnlyOnce("1 images were left out");
        assertThat(run.errors())
                .filteredOn(line -> line.startsWith("warning: 1 validation images were left out"))
                .hasSize(1);
    }

    @Test
    void badImagesAmongAThousandAreNamedAndNoOthersAreLost(@TempDir Path work) throws IOException {
        new ShapesSynthesizer(64, 64, 6).write(work, Split.TRAIN, 1000);
        Path file = work.resolve("annotations/instances_train.json");
        Path many = work.resolve("train");
        Files.delete(many.resolve("000100.jpg"));
        Files.delete(many.resolve("000700.jpg"));
        Files.write(many.resolve("000300.jpg"), new byte[0]);
        Files.writeString(many.resolve("000400.jpg"), "no image");
        byte[] whole = Files.readAllBytes(many.resolve("000500.jpg"));
        Files.write(many.resolve("000500.jpg"), Arrays.copyOf(whole, whole.length / 2));
        String[] options = {"--batch-size=50", "--limit-val=10"};
        CommandRun strict = train(file, many, work.resolve("strict"), options);
        assertRefused(strict, "000100.jpg", "3 more");
        assertThat(work.resolve("strict")).doesNotExist();

        CommandRun skipping =
                train(
                        file,
                        many,
                        work.resolve("skipping"),
                        options[0],
                        options[1],
                        "--skip-bad-images");
        assertThat(skipping.status()).as(skipping.errors().toString()).isZero();
        assertThat(skipping.errors())
                .anyMatch(line -> line.contains("4 training images were left out"))
                .anyMatch(line -> line.startsWith("left out: ") && line.contains("000500.jpg"))
                .contains("1 images were left out");
        int used = 0;
        for (String line : Files.readAllLines(work.resolve("skipping/metrics.jsonl"))) {
            JsonElement images = JsonParser.parseString(line).getAsJsonObject().get("images");
            used += images == null ? 0 : images.getAsInt();
        }
        assertThat(used).isEqualTo(995);
    }

    @Test
    void foldersInPlaceOfFilesAreNamed(@TempDir Path work) {
        assertRefused(
                train(annotations, images, work.resolve("run"), "--config=" + images),
                images.toString(),
                "folder");
        assertRefused(
                CommandRun.of(
                        "import", "--torchvision=" + images, "--output=" + work.resolve("model")),
                images.toString(),
                "folder");
        assertRefused(
                CommandRun.of(
                        "dataset",
                        "convert",
                        "--from=voc",
                        "--annotations=" + images,
                        "--image-set=" + images,
                        "--output=" + work.resolve("voc.json")),
                images.toString(),
                "folder");
        assertThat(work).isEmptyDirectory();
    }

    @Test
    void damagedFilesOfARunAreNamed(@TempDir Path work) throws IOException {
        Path run = work.resolve("run");
        assertThat(train(annotations, images, run).status()).isZero();
        Path metrics = run.resolve("metrics.jsonl");
        String lines = Files.readString(metrics);
        byte[] noText = {'{', (byte) 0xff, '}', '\n'};
        for (byte[] damage : List.of("{}\n".getBytes(StandardCharsets.UTF_8), noText)) {
            Files.write(metrics, damage);
            assertRefused(train(annotations, images, run, "--resume"), metrics.toString(), "");
        }
        for (String line :
                List.of(
                        "{\"step\": 1, \"epoch\": 1}",
                        "{\"step\": 1, \"epoch\": 1, \"evaluation\": 7}",
                        "{\"step\": 1, \"epoch\": 1, \"evaluation\": {}}")) {
            Files.writeString(metrics, lines + line + "\n");
            assertRefused(
                    train(annotations, images, run, "--resume"), metrics.toString(), "line 4");
        }
        Files.writeString(metrics, lines + "{\"step\": 3, \"epo"); // as a killed run leaves it
        assertThat(train(annotations, images, run, "--resume").status()).isZero();
        assertThat(metrics).hasContent(lines);

        Path settings = run.resolve("config.json");
        byte[] whole = Files.readAllBytes(settings);
        for (byte[] damage : List.of(noText, Arrays.copyOf(whole, whole.length / 2))) {
            Files.write(settings, damage);
            assertRefused(train(annotations, images, run, "--resume"), settings.toString(), "");
        }
    }

    @Test
    void namesDoNotBreakTheLinesOfDetections(@TempDir Path work) throws IOException {
        assertThat(train(annotations, images, work.resolve("run")).status()).isZero();
        Path model = work.resolve("run/best");
        Path configuration = model.resolve("model.json");
        Files.writeString(
                configuration,
                Files.readString(configuration)
                        .replaceAll(
                                "\"name\": \"(.)", "\"name\": \"\\\\n\\\\u001b[31m\\\\u202e$1"));
        Path odd = Files.createDirectory(work.resolve("odd")).resolve("a\tb\u001b[2J\n.jpg");
        Files.copy(firstImage(images), odd);
        Path json = work.resolve("found.json");
        CommandRun run =
                CommandRun.of(
                        "detect",
                        "--model=" + model,
                        "--score-threshold=0",
                        "--json=" + json,
                        odd.toString());
        assertThat(run.status()).isZero();
        assertThat(run.out().lines()).isNotEmpty();
        assertThat(run.out().lines())
                .allMatch(line -> line.split("\t").length == 7)
                .allMatch(line -> line.contains("a\\tb\\u001b[2J\\n.jpg\t\\n\\u001b[31m\\u202e"))
                .noneMatch(line -> line.replace("\t", "").matches(".*[\\p{Cntrl}\\u202e].*"));
        assertThat(json).content().contains("a\\tb\\u001b[2J\\n.jpg"); // JSON's own escapes

        Files.writeString(odd, "no image");
        CommandRun refused = CommandRun.of("detect", "--model=" + model, odd.toString());
        assertRefused(refused, "a\\tb\\u001b[2J", "");
        CommandRun skipped =
                CommandRun.of("detect", "--model=" + model, "--skip-bad-images", odd.toString());
        assertThat(skipped.errors()).noneMatch(line -> line.contains("\u001b"));
    }

    @Test
    void imagesOfOneNameGetTheIdOfTheirWholeFileNameOrAreRefused(@TempDir Path work)
            throws IOException {
        assertThat(train(annotations, images, work.resolve("run")).status()).isZero();
        for (String part : List.of("a", "b", "c")) {
            Files.createDirectory(work.resolve(part));
            Files.copy(firstImage(images), work.resolve(part + "/x.jpg"));
        }
        Path named = work.resolve("named.json");
        Files.writeString(
                named,
                """
                {"images": [{"id": 7, "file_name": "a/x.jpg", "width": 64, "height": 64},
                            {"id": 8, "file_name": "b/x.jpg", "width": 64, "height": 64},
                            {"id": 9, "file_name": "d/y.jpg", "width": 64, "height": 64},
                            {"id": 10, "file_name": "d/y.jpg", "width": 64, "height": 64}],
                 "annotations": [], "categories": [{"id": 1, "name": "x"}]}
                """);
        Path json = work.resolve("found.json");
        assertThat(detectNamed(work, named, json, "a/x.jpg", "b/x.jpg").status()).isZero();
        assertThat(json).content().contains("\"image_id\":7").contains("\"image_id\":8");
        assertRefused(
                detectNamed(work, named, json, "c/x.jpg"), "c/x.jpg", "no image of this name");
        Files.createDirectory(work.resolve("d"));
        Files.copy(firstImage(images), work.resolve("d/y.jpg"));
        assertRefused(detectNamed(work, named, json, "d/y.jpg"), "d/y.jpg", "2 images");

        Path once = work.resolve("once.json");
        Files.writeString(once, Files.readString(named).replace("b/x.jpg", "b/z.jpg"));
        assertRefused(detectNamed(work, once, json, "a/x.jpg", "b/x.jpg"), "b/x.jpg", "is image 7");
    }

    private static CommandRun detectNamed(Path work, Path names, Path json, String... files) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "detect",
                                "--model=" + work.resolve("run/best"),
                                "--score-threshold=0",
                                "--annotations=" + names,
                                "--json=" + json));
        Stream.of(files).map(file -> work.resolve(file).toString()).forEach(arguments::add);
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    @Test
    void anArgumentThatIsEmptyIsNotTheFolderOneIsIn() {
        CommandRun run = CommandRun.of("detect", "--model=any", "");
        assertRefused(run, "empty", "");
    }

    @Test
    void aNameThatBeginsWithAnAtSignIsAName() throws IOException {
        // picocli would take the file's lines for arguments
        Path file = Files.writeString(Path.of("@no-arguments.tmp"), "--json\n");
        try {
            assertRefused(
                    CommandRun.of("detect", "--model=any", file.toString()),
                    "@no-arguments.tmp",
                    "image");
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void aNegativeNumberOfLinesIsRefused() {
        assertRefused(
                CommandRun.of("dataset", "check", "--annotations=" + annotations, "--max-lines=-1"),
                "--max-lines",
                "-1");
    }

    @Test
    void anUnknownCommandIsToldWithTheKnownOnes() {
        assertRefused(CommandRun.of("evalute"), "evalute", "evaluate");
        assertRefused(CommandRun.of("dataset", "chekc"), "chekc", "check");
        assertRefused(CommandRun.of("--frobnicate"), "--frobnicate", "--help");
    }

    @Test
    void twoNamesOfOneFileAreOneOutput(@TempDir Path work) throws IOException {
        Path link = Files.createSymbolicLink(work.resolve("link.out"), Path.of("one.out"));
        Files.writeString(work.resolve("one.out"), "before");
        CommandRun run =
                CommandRun.of(
                        "evaluate",
                        "--annotations=" + annotations,
                        "--detections=" + annotations,
                        "--json=" + link,
                        "--arrays=" + work.resolve("one.out"));
        assertRefused(run, "one.out", "twice");
        assertThat(work.resolve("one.out")).hasContent("before");
    }

    @Test
    void canvasesThatAreTooLargeAreRefused(@TempDir Path work) throws IOException {
        String name = firstImage(images).getFileName().toString();
        String[] huge = {"--min-size=16384", "--max-size=16384"};
        assertRefused(train(annotations, images, work.resolve("run"), huge), ".jpg", "max size");
        assertRefused(
                train(annotations, images, work.resolve("run"), "--max-size=2147483647"),
                "max size",
                "16384");
        assertThat(train(annotations, images, work.resolve("good")).status()).isZero();
        Path model = work.resolve("good/best");
        assertRefused(
                CommandRun.of("detect", "--model=" + model, huge[0], huge[1], images.toString()),
                name,
                "max size");
        assertRefused(
                CommandRun.of(
                        "evaluate",
                        "--annotations=" + annotations,
                        "--images=" + images,
                        "--model=" + model,
                        huge[0],
                        huge[1]),
                name,
                "max size");
        assertRefused(
                CommandRun.of(
                        "import",
                        "--torchvision=" + annotations,
                        "--output=" + work.resolve("model"),
                        "--max-size=2147483647"),
                "--max-size",
                "16384");
    }

    @Test
    void failuresLeaveNoFoldersBehind(@TempDir Path work) {
        for (String option :
                List.of("--engine=None", "--norm=gn7", "--width=1e9", "--limit-train=-1")) {
            assertThat(train(annotations, images, work.resolve("deep/run"), option).status())
                    .as(option)
                    .isEqualTo(2);
        }
        assertRefused(
                train(annotations, work.resolve("none"), work.resolve("deep/run")), "none", "");
        CommandRun detect =
                CommandRun.of(
                        "detect",
                        "--model=" + work.resolve("none"),
                        "--output=" + work.resolve("drawn"),
                        images.toString());
        assertRefused(detect, "none", "");
        assertThat(work).isEmptyDirectory();
    }

    @Test
    void resultsDoNotReplaceWhatIsRead(@TempDir Path work) throws IOException {
        Path mine = Files.copy(annotations, work.resolve("mine.json"));
        Path link = Files.createSymbolicLink(work.resolve("link.json"), mine);
        Path found = Files.writeString(work.resolve("found.json"), "[]");
        for (Path output : List.of(mine, link, found)) {
            byte[] before = Files.readAllBytes(output);
            CommandRun run =
                    CommandRun.of(
                            "evaluate",
                            "--annotations=" + mine,
                            "--detections=" + found,
                            "--json=" + output);
            assertRefused(run, output.toString(), "is read by this command");
            assertThat(output).hasBinaryContent(before);
        }
        CommandRun detect =
                CommandRun.of(
                        "detect",
                        "--model=none",
                        "--annotations=" + mine,
                        "--json=" + mine,
                        images.toString());
        assertRefused(detect, mine.toString(), "is read by this command");
        Path image = firstImage(images);
        assertRefused(
                CommandRun.of("detect", "--model=none", "--json=" + image, image.toString()),
                image.toString(),
                "is read by this command");
        assertRefused(
                CommandRun.of(
                        "evaluate",
                        "--model=none",
                        "--annotations=" + mine,
                        "--images=" + images,
                        "--save-detections=" + image),
                image.toString(),
                "is one of the images");
    }

    @Test
    void resultsDoNotReplaceAModel(@TempDir Path work) throws IOException {
        Path model = Files.createDirectory(work.resolve("model"));
        List<Path> files = ModelDirectory.files(model);
        for (Path file : files) {
            Files.writeString(file, "mine");
        }
        Path link = Files.createSymbolicLink(work.resolve("link"), model);
        for (Path file : List.of(files.get(0), files.get(1), link.resolve("model.json"))) {
            for (CommandRun run :
                    List.of(
                            CommandRun.of(
                                    "detect",
                                    "--model=" + model,
                                    "--json=" + file,
                                    images.toString()),
                            CommandRun.of(
                                    "evaluate",
                                    "--model=" + model,
                                    "--annotations=" + annotations,
                                    "--images=" + images,
                                    "--json=" + file),
                            CommandRun.of(
                                    "dataset",
                                    "stats",
                                    "--annotations=" + annotations,
                                    "--json=" + file))) {
                assertRefused(run, file.toString(), "belongs to a model");
            }
            assertThat(file).hasContent("mine");
        }
        Path other = Files.writeString(work.resolve("model.json"), "[]"); // beside no parameters
        assertThat(
                        CommandRun.of(
                                        "dataset",
                                        "stats",
                                        "--annotations=" + annotations,
                                        "--json=" + other)
                                .status())
                .isZero();
    }

    @Test
    void synthesizedPicturesDoNotReplaceOtherFiles(@TempDir Path work) throws IOException {
        Path mine = work.resolve("annotations/instances_train.json");
        Files.createDirectories(mine.getParent());
        Files.writeString(mine, "mine");
        assertRefused(
                CommandRun.of("dataset", "synthesize", "--output=" + work),
                work.toString(),
                "--output");
        assertThat(mine).hasContent("mine");
        assertThat(work.resolve("train")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "train",
                "train --bogus",
                "train --epochs=x",
                "train --epochs",
                "train --epochs=1 --epochs=2",
                "train --set",
                "train --set=a",
                "evaluate",
                "evaluate --annotations=a",
                "evaluate --annotations=a --detections=b --model=c",
                "evaluate --annotations=a --model=c",
                "detect --model=m",
                "dataset",
                "dataset nonsense",
                "dataset convert --from=x --annotations=a --output=b",
                "dataset synthesize --width=1 --output=o",
            })
    void badUsageIsToldInALine(String arguments) {
        CommandRun run = CommandRun.of(arguments.isEmpty() ? new String[0] : arguments.split(" "));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errors()).hasSize(1);
        assertThat(run.errors().get(0))
                .startsWith("fern: ")
                .matches(".*; see 'fern.* --help'")
                .doesNotContain("Error")
                .doesNotContainPattern("\\b(\\w+) \\1\\b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "dataset", "dataset check", "detect", "benchmark", "benchmark frn"})
    void anUnknownOptionIsNamedOnceAndItsValueIsNone(String command) {
        CommandRun run =
                CommandRun.of(
                        Stream.concat(
                                        Stream.of(command.split(" ")),
                                        Stream.of("--annotations=a", "-n", "20"))
                                .filter(word -> !word.isEmpty())
                                .toArray(String[]::new));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errors()).hasSize(1);
        assertThat(run.errors().get(0)).doesNotContain("20").doesNotContainPattern("'-n'.*'-n'");
    }

    @Test
    void filesBeyondALimitNeedNotBeThere(@TempDir Path work) throws IOException {
        Path partly = copyOfImages(work.resolve("images"));
        Path first = firstImage(partly);
        try (Stream<Path> files = Files.list(partly)) {
            for (Path file : files.filter(f -> !f.equals(first)).toList()) {
                Files.delete(file);
            }
        }
        CommandRun run =
                train(annotations, partly, work.resolve("run"), "--limit-train=1", "--limit-val=1");
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertRefused(
                train(annotations, partly, work.resolve("more"), "--limit-train=2"), "", "no such");
    }

    @Test
    void settingsOutOfRangeAreToldInALine(@TempDir Path work) {
        for (String option :
                List.of(
                        "--limit-train=-1",
                        "--limit-val=-1",
                        "--loader-threads=0",
                        "--loader-threads=2147483647",
                        "--norm=gn7")) {
            assertRefused(train(annotations, images, work.resolve("run"), option), "", "");
        }
        CommandRun setting =
                train(annotations, images, work.resolve("run"), "--set", "learnRate=1");
        assertRefused(setting, "learnRate", "learningRate");
        assertThat(work).isEmptyDirectory();
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
                                "--set=pyramidChannels=8",
                                "--set=headConvolutions=0"));
        List<String> others = List.of(more);
        for (String option :
                List.of("--epochs=1", "--width=0.1", "--min-size=64", "--max-size=64")) {
            String name = option.substring(0, option.indexOf('=') + 1);
            if (others.stream().noneMatch(other -> other.startsWith(name))) {
                arguments.add(option);
            }
        }
        arguments.addAll(others);
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
