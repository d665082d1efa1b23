package dev.fern.tools.detect;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.DatasetDetection;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.tools.console.AnnotatedFiles;
import dev.fern.tools.console.CountProgress;
import dev.fern.tools.console.InputImages;
import dev.fern.tools.console.ModelOptions;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.console.VisibleText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Runs a model on images. Prints one line per object; draws the objects and writes them as a COCO
 * results file where that is asked for.
 */
@Command(
        name = "detect",
        sortOptions = false,
        description = {
            "Finds objects in images.",
            "",
            "Prints one line per object: file, category, score, and x, y, width and"
                    + " height in pixels, separated by tabs. Control characters in names are"
                    + " printed as escapes such as \\t, \\n or \\u001b; --json has the names as"
                    + " they are."
        },
        footer = {
            "",
            "Example:",
            "  fern detect --model runs/a/best --output drawn --json found.json photographs"
        })
public final class DetectCommand implements Callable<Integer> {

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "Model directory.")
    private Path model;

    @Mixin private InputImages inputs;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "DIR",
            description =
                    "Folder to write the images to, with the objects drawn; created where it is"
                            + " missing.")
    private Path output;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description =
                    "Write the objects as a COCO results file. Images are numbered from 1 in the"
                            + " order in which they are named, unless --annotations gives their ids. Each record also"
                            + " has a file_name.")
    private Path json;

    @Option(
            names = "--annotations",
            paramLabel = "FILE",
            description =
                    "COCO instances file that gives the images their ids in --json. An image is"
                            + " found by its file name or, where several have that name, by its whole"
                            + " file_name.")
    private Path annotations;

    @Option(
            names = "--score-threshold",
            paramLabel = "X",
            defaultValue = "0.3",
            description =
                    "Report only objects with a score above this, 0 to 1. Default:"
                            + " ${DEFAULT-VALUE}.")
    private double scoreThreshold;

    @Mixin private ModelOptions options;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        OutputFile.require(json, Arrays.asList(annotations));
        List<Path> files = inputs.find();
        OutputFile.require(json, files);
        ImageReader reader = options.reader();
        DetectionDataset images =
                DetectionDataset.unlabelled(files, reader, options.skipBadImages());
        Map<Long, JsonElement> ids =
                annotations == null
                        ? null
                        : new AnnotatedFiles(annotations, CocoDataset.read(annotations))
                                .idsOf(images.samples());
        DetectionDrawing drawing =
                output == null ? null : new DetectionDrawing(output, reader, files);
        JsonArray results = json == null ? null : new JsonArray();
        try (Detector detector = options.load(model, scoreThreshold)) {
            int left = detect(detector, images, reader, ids, drawing, results);
            left += images.badImages().size();
            images.badImages().forEach(DetectCommand::reportLeftOut);
            if (left > 0) {
                System.err.printf("%d images were left out%n", left);
            }
        }
        if (json != null) {
            AtomicFile.write(
                    json, (new Gson().toJson(results) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return 0;
    }

    private static void reportLeftOut(IOException problem) {
        System.err.println("left out: " + VisibleText.of(problem.getMessage()));
    }

    /**
     * Detects in all images and returns how many could not be used.
     *
     * @param ids those of the annotations' images by the id of the sample; null to keep the
     *     samples' ids
     * @param drawing draws what is found; null if that is not wanted
     * @param results receives what is found; null if that is not wanted
     */
    private int detect(
            Detector detector,
            DetectionDataset images,
            ImageReader reader,
            Map<Long, JsonElement> ids,
            DetectionDrawing drawing,
            JsonArray results)
            throws IOException, InterruptedException {
        Map<Long, Sample> samples =
                images.samples().stream().collect(Collectors.toMap(Sample::imageId, s -> s));
        List<CocoCategory> categories = detector.configuration().categories();
        PrintWriter out = spec.commandLine().getOut();
        List<IOException> leftOut = new ArrayList<>();
        try (CountProgress progress = new CountProgress("detect", samples.size())) {
            DatasetDetection.forEach(
                    detector,
                    images,
                    options.batchSize(),
                    options.loading(),
                    (imageId, found) -> {
                        Path file = samples.get(imageId).path();
                        JsonElement id =
                                ids == null ? new JsonPrimitive(imageId) : ids.get(imageId);
                        report(out, file, id, found, categories, results);
                        if (drawing != null) {
                            drawing.draw(file, found, categories);
                        }
                    },
                    done -> {
                        out.flush();
                        progress.at(done);
                    },
                    leftOut::add);
        }
        leftOut.forEach(DetectCommand::reportLeftOut);
        return leftOut.size();
    }

    private static void report(
            PrintWriter out,
            Path file,
            JsonElement imageId,
            List<Detection> detections,
            List<CocoCategory> categories,
            JsonArray results) {
        for (Detection detection : detections) {
            CocoCategory category = categories.get(detection.category());
            double width = (double) detection.x2() - detection.x1();
            double height = (double) detection.y2() - detection.y1();
            out.printf(
                    Locale.ROOT,
                    "%s\t%s\t%.3f\t%.1f\t%.1f\t%.1f\t%.1f%n",
                    VisibleText.of(file),
                    VisibleText.of(category.name()),
                    detection.score(),
                    detection.x1(),
                    detection.y1(),
                    width,
                    height);
            if (results == null) {
                continue;
            }
            JsonArray box = new JsonArray();
            box.add(detection.x1());
            box.add(detection.y1());
            box.add(width);
            box.add(height);
            JsonObject result = new JsonObject();
            result.add("image_id", imageId);
            result.addProperty("category_id", category.id());
            result.add("bbox", box);
            result.addProperty("score", detection.score());
            result.addProperty("file_name", String.valueOf(file.getFileName()));
            results.add(result);
        }
    }
}
