package dev.fern.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.backbone.parameter.SafeTensors;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.tools.CommandRun;
import dev.fern.tools.dataset.ShapesSynthesizer;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainCommandTest {

    private static final List<String> SMALL =
            List.of(
                    "--width",
                    "0.0625",
                    "--input-size",
                    "32",
                    "--batch-size",
                    "4",
                    "--epochs",
                    "2",
                    "--warmup-steps",
                    "2");

    @TempDir static Path folder;

    private static Path images;
    private static Path run;
    private static CommandRun trained;

    @BeforeAll
    static void train() throws IOException {
        images = folder.resolve("images");
        for (String name : List.of("blue", "green", "red")) {
            for (int i = 0; i < 4; i++) {
                draw(images.resolve(name).resolve(i + ".png"), name, i);
            }
        }
        Files.createDirectories(images.resolve("violet"));
        run = folder.resolve("run");
        trained = pretrain("--val-fraction", "0.25", "--json", folder + "/scores.json");
    }

    private static void draw(Path file, String name, int shade) throws IOException {
        BufferedImage image = new BufferedImage(40, 36, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        int strong = 180 + 10 * shade;
        graphics.setColor(
                switch (name) {
                    case "red" -> new Color(strong, 20, 20);
                    case "green" -> new Color(20, strong, 20);
                    default -> new Color(20, 20, strong);
                });
        graphics.fillRect(3 * shade, 5, 20, 20);
        graphics.dispose();
        Files.createDirectories(file.getParent());
        ImageIO.write(image, "png", file.toFile());
    }

    private static CommandRun pretrain(String... more) {
        return pretrain(images, run, more);
    }

    private static CommandRun pretrain(Path train, Path output, String... more) {
        List<String> arguments = new ArrayList<>(List.of("pretrain", "--train-images"));
        arguments.addAll(List.of(train.toString(), "--output", output.toString()));
        arguments.addAll(SMALL);
        arguments.addAll(Arrays.asList(more));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    @Test
    void aTrainingLeavesModelsMetricsAndTheScoresOfTheBest() throws IOException {
        assertThat(trained.status()).isZero();
        assertThat(trained.errors())
                .contains("training on 9 images, validating on 3, 3 classes")
                .anyMatch(
                        line ->
                                line.startsWith("warning: 1 sub-folders")
                                        && line.endsWith("violet"))
                .anyMatch(
                        line -> line.matches("epoch 2  top1 [01]\\.\\d{3}  top5 1\\.000  loss .*"));
        String[] lines = trained.out().split("\\R");
        assertThat(lines).hasSize(3);
        assertThat(lines[0]).isEqualTo("best model: " + run.resolve("best"));
        assertThat(lines[1].trim().split(" +")).containsExactly("images", "top-1", "top-5", "loss");
        JsonObject scores = json(folder.resolve("scores.json"));
        double top1 = scores.get("top1").getAsDouble();
        assertThat(lines[2].trim().split(" +"))
                .startsWith("3", String.format(Locale.ROOT, "%.3f", top1), "1.000");
        int right = 0;
        List<String> names = new ArrayList<>();
        for (JsonElement entry : scores.getAsJsonArray("per_class")) {
            JsonObject counts = entry.getAsJsonObject();
            names.add(counts.get("name").getAsString());
            right += counts.get("top1_right").getAsInt();
            assertThat(counts.get("images").getAsInt()).isEqualTo(1);
            assertThat(counts.get("top5_right").getAsInt()).isEqualTo(1);
        }
        assertThat(names).containsExactly("blue", "green", "red");
        assertThat(right / 3.0).isEqualTo(top1);
        assertThat(Files.readAllLines(run.resolve("metrics.jsonl"))).hasSize(2 * 3 + 2);
        JsonObject model = json(run.resolve("last/model.json"));
        assertThat(model.get("kind").getAsString()).isEqualTo("classifier");
        assertThat(model.get("inputSize").getAsInt()).isEqualTo(32);
    }

    private static JsonObject json(Path file) throws IOException {
        return JsonParser.parseString(Files.readString(file)).getAsJsonObject();
    }

    @Test
    void aFinishedTrainingIsScoredAgainButNotBegunAgain() {
        CommandRun resumed = pretrain("--val-fraction", "0.25", "--resume");
        assertThat(resumed.status()).isZero();
        assertThat(resumed.errors()).contains("all 6 steps are taken already");
        assertThat(resumed.out()).isEqualTo(trained.out());
        assertRefused(pretrain("--val-fraction", "0.25"), "holds a training already");
        assertRefused(
                pretrain("--val-fraction", "0.5", "--resume"), "valFraction is 0.5, was 0.25");
    }

    @Test
    void aDetectorStartsFromTheBackboneOrSaysWhyItCannot(@TempDir Path work) throws IOException {
        new ShapesSynthesizer(64, 64, 5).write(work, ShapesSynthesizer.Split.TRAIN, 2);
        Path model = run.resolve("best");
        // with all stages frozen no value moves
        CommandRun detector = detector(work, "fits", model, "--steps", "1", "--freeze-stages", "5");
        assertThat(detector.errors()).contains("the backbone starts from " + model);
        assertThat(detector.status()).isZero();
        Map<String, Tensor> start = SafeTensors.read(model.resolve("parameters.safetensors"));
        Map<String, Tensor> now =
                SafeTensors.read(work.resolve("fits/last/parameters.safetensors"));
        start.keySet().removeIf(name -> !name.startsWith("backbone."));
        assertThat(start).isNotEmpty();
        assertThat(now).containsAllEntriesOf(start);
        assertThat(json(work.resolve("fits/config.json")).get("backboneWeights").getAsString())
                .isEqualTo(model.toString());

        assertRefused(
                detector(work, "other", model, "--norm", "gn2"),
                model.toString(),
                "the norm gn2 where that has frn");
        assertRefused(
                detector(work, "other", model, "--backbone", "resnet34"),
                "resnet34 where that is resnet18");
        assertRefused(
                detector(work, "other", work.resolve("none"), "--steps", "1"),
                "none/model.json",
                "not a model directory");
        assertThat(work.resolve("other")).doesNotExist();
    }

    private static CommandRun detector(Path work, String name, Path weights, String... more) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "train",
                                "--train-annotations",
                                work + "/annotations/instances_train.json",
                                "--train-images",
                                work + "/train",
                                "--val-annotations",
                                work + "/annotations/instances_train.json",
                                "--val-images",
                                work + "/train",
                                "--width",
                                "0.0625",
                                "--min-size",
                                "64",
                                "--max-size",
                                "64",
                                "--set",
                                "pyramidChannels=8",
                                "--backbone-weights",
                                weights.toString(),
                                "--output",
                                work.resolve(name).toString()));
        arguments.addAll(Arrays.asList(more));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    @Test
    void whereADetectorIsWantedAClassifierSaysWhatItIs() {
        CommandRun detect =
                CommandRun.of(
                        "detect",
                        "--model",
                        run.resolve("best").toString(),
                        images.resolve("red/1.png").toString());
        assertRefused(detect, "model.json", "holds a classifier, not a detector");
    }

    @Test
    void foldersThatCannotBeTrainedOnAreRefusedNamingWhy(@TempDir Path work) throws IOException {
        Path output = work.resolve("run");
        assertRefused(pretrain(work.resolve("none"), output), "none", "no such image folder");
        assertRefused(pretrain(images.resolve("red"), output), "red", "no sub-folders");
        Path train = work.resolve("train");
        Files.createDirectories(train.resolve("empty"));
        assertRefused(pretrain(train, output), "train", "no usable image");
        draw(train.resolve("red/1.png"), "red", 1);
        assertRefused(pretrain(train, output), "train", "one class only, red");
        draw(train.resolve("green/1.png"), "green", 1);
        assertRefused(pretrain(train, output), "too small to hold out 0.1 of each");
        Path val = work.resolve("val");
        draw(val.resolve("pink/1.png"), "red", 1);
        assertRefused(
                pretrain(train, output, "--val-images", val.toString()),
                "pink",
                "no class of this name");
        assertRefused(
                pretrain(train, output, "--val-images", val.toString(), "--val-fraction", "0.2"),
                "--val-fraction");
        Files.createSymbolicLink(train.resolve("red/loop"), train);
        assertRefused(pretrain(train, output), "red/loop", "a link to a folder that it lies in");
        assertThat(output).doesNotExist();
    }

    @Test
    void badImagesAreRefusedOrSkippedAndCounted(@TempDir Path work) throws IOException {
        Path train = work.resolve("train");
        Path val = work.resolve("val");
        for (String name : List.of("green", "red")) {
            draw(train.resolve(name).resolve("1.png"), name, 1);
            draw(val.resolve(name).resolve("1.png"), name, 2);
        }
        byte[] whole = Files.readAllBytes(train.resolve("red/1.png"));
        Path cut =
                Files.write(train.resolve("red/cut.png"), Arrays.copyOf(whole, whole.length / 2));
        Files.writeString(train.resolve("red/text.png"), "no image");
        Path output = work.resolve("run");
        String[] onVal = {"--val-images", val.toString()};
        assertRefused(pretrain(train, output, onVal), "text.png", "not an image");
        assertThat(output).doesNotExist();

        Files.delete(train.resolve("red/text.png"));
        // Its header is whole, so that the damage shows only when it is decoded.
        assertRefused(pretrain(train, output, onVal), cut.toString());

        Files.writeString(train.resolve("red/text.png"), "no image");
        CommandRun skipping =
                pretrain(
                        train,
                        work.resolve("skipping"),
                        Stream.concat(Arrays.stream(onVal), Stream.of("--skip-bad-images"))
                                .toArray(String[]::new));
        assertThat(skipping.status()).isZero();
        assertThat(skipping.errors())
                .anyMatch(line -> line.contains("1 training images were left out"))
                .anyMatch(line -> line.startsWith("left out: " + cut))
                .contains("1 images were left out");
    }

    @Test
    void settingsThatCannotBeAreRefusedSayingWhy(@TempDir Path work) {
        Path output = work.resolve("run");
        assertRefused(pretrain(images, output, "--stem", "vgg"), "unknown stem 'vgg'");
        assertRefused(pretrain(images, output, "--set", "labelSmoothin=0"), "labelSmoothing");
        assertRefused(pretrain(images, output, "--label-smoothing", "1"), "label smoothing");
        assertRefused(pretrain(images, output, "--loader-threads", "0"), "--loader-threads");
        assertRefused(pretrain(images, output, "--resume"), "no checkpoint to resume from");
        assertRefused(
                pretrain(images, output, "--engine", "None", "--val-fraction", "0.25"),
                "engine 'None'");
        assertThat(output).doesNotExist();
    }

    private static void assertRefused(CommandRun run, String... parts) {
        assertThat(run.complaints()).hasSize(1);
        assertThat(run.complaints().get(0)).contains(parts);
        assertThat(run.status()).isEqualTo(2);
    }
}
