package dev.fern.tools;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.CategoryStats;
import dev.fern.cocoeval.CocoEvaluator;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Evaluation;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.detection.data.BadImageException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.DatasetDetection;
import dev.fern.detection.model.Detector;
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
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fern evaluate}. */
@Command(
        name = "evaluate",
        sortOptions = false,
        description = {
            "Scores detections, or a model, by COCO's twelve numbers.",
            "",
            "The numbers, and the arrays behind them, are those of pycocotools to the last bit."
        },
        footer = {
            "",
            "Examples:",
            "  fern evaluate --annotations instances_val.json --detections results.json",
            "  fern evaluate --annotations instances_val.json --images val --model runs/a/best"
        })
final class EvaluateCommand implements Callable<Integer> {

    /** Where the detections come from. */
    static final class Source {
        @Option(
                names = "--detections",
                required = true,
                paramLabel = "FILE",
                description = "COCO results file, plain or .gz.")
        private Path detections;

        @ArgGroup(exclusive = false)
        private ModelSource model;
    }

    /** A model with the images to run it on. */
    static final class ModelSource {
        @Option(
                names = "--model",
                required = true,
                paramLabel = "DIR",
                description = "Model directory to run.")
        private Path model;

        @Option(
                names = "--images",
                required = true,
                paramLabel = "DIR",
                description = "Folder of the annotated images.")
        private Path images;

        @Option(
                names = "--save-detections",
                paramLabel = "FILE",
                description = "Write the model's detections as a COCO results file.")
        private Path save;
    }

    @Option(
            names = "--annotations",
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file, plain or .gz.")
    private Path annotations;

    @ArgGroup(multiplicity = "1")
    private Source source;

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Write the numbers as JSON, at full precision; -1 where undefined.")
    private Path json;

    @Option(
            names = "--per-category",
            description = "Also print a line of AP, AP50, AP75 and AR100 for each category.")
    private boolean perCategory;

    @Option(
            names = "--arrays",
            paramLabel = "FILE",
            description = "Write precision, recall and scores as numpy arrays (.npz).")
    private Path arrays;

    @Mixin private EvaluationOptions evaluated;

    @Mixin private ModelOptions options;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        for (Path file :
                Arrays.asList(json, arrays, source.model == null ? null : source.model.save)) {
            if (file != null) {
                AtomicFile.requireWritable(file);
            }
        }
        EvaluationParameters parameters = evaluated.parameters();
        Evaluation evaluation;
        try {
            evaluation =
                    source.model == null
                            ? evaluateFile(parameters)
                            : runModel(source.model, parameters);
            evaluation.stats();
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(evaluation.table());
        if (perCategory) {
            print(out, evaluation.perCategory());
        }
        out.flush();
        if (json != null) {
            Gson gson = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();
            AtomicFile.write(
                    json, (gson.toJson(json(evaluation)) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        if (arrays != null) {
            evaluation.writeArrays(arrays);
        }
        return 0;
    }

    private Evaluation evaluateFile(EvaluationParameters parameters)
            throws IOException, InterruptedException {
        CocoFiles files = CocoFiles.read(annotations, source.detections);
        return CocoEvaluator.evaluate(files.dataset(), files.results().get(0), parameters);
    }

    private Evaluation runModel(ModelSource from, EvaluationParameters parameters)
            throws IOException, InterruptedException, BadInputException {
        LabelledImages labelled =
                LabelledImages.open(annotations, from.images, options.skipBadImages(), 0);
        List<? extends IOException> missing = labelled.images().badImages();
        if (!missing.isEmpty()) {
            System.err.printf(
                    "warning: %d images were left out, the first: %s%n",
                    missing.size(), missing.get(0).getMessage());
        }
        try (Detector detector = options.load(from.model, null);
                CountProgress progress =
                        new CountProgress("evaluate", labelled.images().samples().size())) {
            List<BadImageException> leftOut = new ArrayList<>();
            CocoResults results =
                    DatasetDetection.run(
                            detector,
                            labelled.images(),
                            ImageReader.forDataSets(),
                            options.batchSize(),
                            options.loading(),
                            progress::at,
                            leftOut::add);
            if (from.save != null) {
                results.write(from.save);
            }
            return DetectionScores.evaluate(labelled, results, parameters, leftOut);
        }
    }

    private static void print(PrintWriter out, List<CategoryStats> categories) {
        out.printf("%n%-24s%12s%8s%8s%8s%8s%n", "category", "id", "AP", "AP50", "AP75", "AR100");
        for (CategoryStats category : categories) {
            Map<CocoMetric, Double> stats = category.stats();
            out.printf(
                    Locale.ROOT,
                    "%-24s%12d%8.3f%8.3f%8.3f%8.3f%n",
                    category.category().name(),
                    category.category().id(),
                    stats.get(CocoMetric.AP),
                    stats.get(CocoMetric.AP50),
                    stats.get(CocoMetric.AP75),
                    stats.get(CocoMetric.AR100));
        }
    }

    private static JsonObject json(Evaluation evaluation) {
        Gson gson = new Gson();
        JsonObject root = new JsonObject();
        root.add("stats", gson.toJsonTree(DetectionScores.numbers(evaluation)));
        root.add("parameters", ParametersJson.of(evaluation.parameters()));
        JsonArray categories = new JsonArray();
        for (CategoryStats category : evaluation.perCategory()) {
            JsonObject entry = new JsonObject();
            entry.addProperty("id", category.category().id());
            entry.addProperty("name", category.category().name());
            category.stats().forEach((metric, value) -> entry.addProperty(metric.label(), value));
            categories.add(entry);
        }
        root.add("per_category", categories);
        return root;
    }
}
