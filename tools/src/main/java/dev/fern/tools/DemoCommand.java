package dev.fern.tools;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.RunStart;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.data.Sample;
import dev.fern.detection.evaluate.DetectorEvaluation;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.Engines;
import dev.fern.tools.console.LibTorchOption;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import dev.fern.tools.detect.DetectedImage;
import dev.fern.tools.detect.Drawings;
import dev.fern.tools.evaluate.ShownEvaluation;
import dev.fern.tools.run.RunCurves;
import dev.fern.tools.train.TrainingRun;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Makes a data set of shapes, trains a small detector on it, evaluates the best model and draws
 * what it finds. Writes {@code data}, {@code run} and {@code drawn} into the output folder, prints
 * the twelve numbers, and says which commands to try next.
 */
@Command(
        name = "demo",
        sortOptions = false,
        description = {
            "Shows what Fern does, in less than four minutes on two cores.",
            "",
            "Makes a data set of coloured shapes, trains a small detector with FRN on it,"
                    + " evaluates the detector, and draws what it finds. If it was interrupted, the"
                    + " same command goes on from where it stopped."
        })
final class DemoCommand implements Callable<Integer> {

    private static final int TRAIN_IMAGES = 400;
    private static final int VAL_IMAGES = 60;
    private static final int DRAWN_IMAGES = 12;
    private static final double DRAWN_SCORE = 0.5;
    private static final int WIDTH = 256;
    private static final int HEIGHT = 192;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            defaultValue = "fern-demo",
            description =
                    "Folder to write to; created where it is missing. Default: ${DEFAULT-VALUE}.")
    private Path output;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            defaultValue = Engines.DEFAULT,
            description = "DJL engine: MXNet or PyTorch. Default: ${DEFAULT-VALUE}.")
    private String engine;

    @Mixin private LibTorchOption libTorch;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        RunDirectory run = RunDirectory.create(output.resolve("run"));
        Path data = output.resolve("data");
        Path trainAnnotations = data.resolve("annotations/instances_train.json");
        Path valAnnotations = data.resolve("annotations/instances_val.json");
        if (!Files.exists(trainAnnotations) || !Files.exists(valAnnotations)) {
            System.err.println("1. making a data set of shapes in " + data);
            ShapesSynthesizer synthesizer = new ShapesSynthesizer(WIDTH, HEIGHT, 1);
            synthesizer.write(data, Split.TRAIN, TRAIN_IMAGES);
            synthesizer.write(data, Split.VAL, VAL_IMAGES);
        }
        LabelledImages train = LabelledImages.open(trainAnnotations, data.resolve("train"));
        LabelledImages val = LabelledImages.open(valAnnotations, data.resolve("val"));
        System.err.println("2. training a small RetinaNet with FRN + TLU");
        LoaderOptions loading = new LoaderOptions(2, 5, false);
        int status =
                new TrainingRun(configuration(), train, Optional.of(val), run, loading, 1, 0)
                        .execute(
                                run.hasCheckpoint() ? RunStart.RESUMED : RunStart.FRESH,
                                spec.root().commandLine().getParseResult().originalArgs(),
                                builder -> {});
        if (status != 0) {
            return status;
        }
        System.err.println("3. evaluating the best model and drawing what it finds");
        PrintWriter out = spec.commandLine().getOut();
        try (Detector detector = Detector.load(run.best(), engine)) {
            DetectorEvaluation evaluated =
                    ShownEvaluation.of(
                            detector, val, new DetectorEvaluation.Options(2, loading), found -> {});
            out.print(evaluated.evaluation().table());
            draw(detector, val.images().samples());
        }
        sayWhatNext(out, run, valAnnotations);
        return 0;
    }

    private TrainingConfiguration configuration() throws IOException {
        try (Reader reader =
                new InputStreamReader(
                        DemoCommand.class.getResourceAsStream("demo.json"),
                        StandardCharsets.UTF_8)) {
            JsonObject settings = JsonParser.parseReader(reader).getAsJsonObject();
            settings.addProperty("engine", engine);
            return TrainingConfiguration.of(List.of(settings));
        }
    }

    private void draw(Detector detector, List<Sample> samples) throws IOException {
        ImageReader reader = ImageReader.standard();
        List<Sample> drawn = samples.subList(0, Math.min(DRAWN_IMAGES, samples.size()));
        try (Drawings drawings =
                new Drawings(output.resolve("drawn"), detector.configuration().categories())) {
            for (Sample sample : drawn) {
                List<Detection> found;
                try (BgrImage image = reader.read(sample.path())) {
                    found = detector.detect(image);
                }
                drawings.accept(
                        DetectedImage.of(
                                sample,
                                found.stream().filter(d -> d.score() > DRAWN_SCORE).toList(),
                                reader));
            }
        }
    }

    private void sayWhatNext(PrintWriter out, RunDirectory run, Path valAnnotations) {
        out.printf(
                """

                Look at
                  %s                 what the model finds in validation images
                  %s and %s   how the training went
                Type next
                  fern report %s
                  fern detect --model %s --output found YOUR_IMAGES
                  fern evaluate --annotations %s --images %s --model %s --per-category
                  fern dataset check --annotations YOURS.json --images YOUR_IMAGES
                  fern train --train-annotations YOURS.json --train-images DIR \\
                             --val-annotations YOURS_VAL.json --val-images DIR --output runs/first
                """,
                output.resolve("drawn"),
                RunCurves.loss(run),
                RunCurves.averagePrecision(run),
                run.path(),
                run.best(),
                valAnnotations,
                output.resolve("data/val"),
                run.best());
        out.flush();
    }
}
