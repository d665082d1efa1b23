package dev.fern.tools.benchmark;

import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoEvaluator;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.IouType;
import dev.fern.cocoeval.SyntheticCoco;
import dev.fern.tools.console.FernProcess;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.evaluate.CocoFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code fern benchmark evaluate}: writes made-up annotations and detections, times their
 * evaluation in whole processes and within one process, and prints medians and quartiles; writes
 * them as JSON where that is asked for.
 */
@Command(
        name = "evaluate",
        sortOptions = false,
        description = {
            "Times the evaluation of files that are made up from a seed.",
            "",
            "The defaults make files of the size of COCO's val2017. First it times whole"
                    + " processes (start of Java, reading, evaluating, printing), then reading and"
                    + " evaluating within one process that has warmed up."
        },
        footer = {
            "",
            "Examples:",
            "  fern benchmark evaluate --json speed.json",
            "  fern benchmark evaluate --iou-type segm",
            "  fern benchmark evaluate --images 20000 --categories 365 --detections 1200000"
        })
final class EvaluateBenchmark implements Callable<Integer> {

    /** As many boxes per image as val2017 has. */
    private static final double BOXES_PER_IMAGE = 7.36;

    @Option(
            names = "--iou-type",
            paramLabel = "box|segm",
            defaultValue = "box",
            converter = Compared.class,
            description =
                    "What is evaluated: boxes, or masks, polygons in the annotations and compressed"
                            + " runs in the detections. Default: ${DEFAULT-VALUE}.")
    private IouType iouType;

    @Option(
            names = "--images",
            paramLabel = "N",
            defaultValue = "5000",
            description =
                    "Number of images, with 7.36 boxes each on average. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int images;

    @Option(
            names = "--categories",
            paramLabel = "N",
            defaultValue = "80",
            description = "Number of categories, unevenly frequent. Default: ${DEFAULT-VALUE}.")
    private int categories;

    @Option(
            names = "--detections",
            paramLabel = "N",
            defaultValue = "450000",
            description = "Number of detections in all images together. Default: ${DEFAULT-VALUE}.")
    private int detections;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Seed of the files; the same seed makes the same files. Default:"
                            + " ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--repeats",
            paramLabel = "N",
            defaultValue = "5",
            description = "How many times each is timed. Default: ${DEFAULT-VALUE}.")
    private int repeats;

    @Option(
            names = "--keep",
            paramLabel = "DIR",
            description =
                    "Folder to keep annotations.json and detections.json in. Default: they are"
                            + " deleted.")
    private Path keep;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all figures as JSON.")
    private Path json;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        requirePositive("--images", images);
        requirePositive("--categories", categories);
        requirePositive("--detections", detections);
        requirePositive("--repeats", repeats);
        OutputFile.require(json, List.of());
        Path folder =
                keep == null
                        ? Files.createTempDirectory("fern-benchmark")
                        : Files.createDirectories(keep);
        Path annotationsFile = folder.resolve("annotations.json");
        Path detectionsFile = folder.resolve("detections.json");
        try {
            System.err.println("making the files ...");
            int boxes = Math.toIntExact(Math.round(BOXES_PER_IMAGE * images));
            write(boxes, annotationsFile, detectionsFile);
            JsonObject measured = measure(annotationsFile, detectionsFile);
            if (json != null) {
                JsonObject root = new JsonObject();
                root.addProperty("iou_type", iouType.label());
                root.addProperty("images", images);
                root.addProperty("boxes", boxes);
                root.addProperty("categories", categories);
                root.addProperty("detections", detections);
                root.addProperty("seed", seed);
                root.addProperty("repeats", repeats);
                root.addProperty("processors", Runtime.getRuntime().availableProcessors());
                root.addProperty("java", System.getProperty("java.vm.version"));
                root.add("measured", measured);
                JsonFile.write(json, root);
            }
        } finally {
            if (keep == null) {
                Files.deleteIfExists(annotationsFile);
                Files.deleteIfExists(detectionsFile);
                Files.deleteIfExists(folder);
            }
        }
        return 0;
    }

    /** Refuses keypoints, which are not made up. */
    private static final class Compared implements ITypeConverter<IouType> {
        @Override
        public IouType convert(String name) {
            return IouType.named(name)
                    .filter(type -> type != IouType.KEYPOINTS)
                    .orElseThrow(
                            () ->
                                    new TypeConversionException(
                                            "'" + name + "' is neither box nor segm"));
        }
    }

    private void requirePositive(String option, int value) {
        if (value < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "Invalid value for option '" + option + "': " + value + " is less than 1");
        }
    }

    private void write(int boxes, Path annotationsFile, Path detectionsFile) throws IOException {
        SyntheticCoco coco = SyntheticCoco.generate(seed, images, categories, boxes, detections);
        if (iouType == IouType.SEGM) {
            coco = coco.withMasks(seed);
        }
        coco.dataset().write(annotationsFile);
        coco.results().write(detectionsFile);
    }

    private JsonObject measure(Path annotationsFile, Path detectionsFile)
            throws IOException, InterruptedException {
        double[] process = new double[repeats];
        OptionalDouble peak = OptionalDouble.empty();
        for (int i = 0; i < repeats; i++) {
            System.err.printf("process %d of %d ...%n", i + 1, repeats);
            FernProcess.Cost run =
                    FernProcess.measure(
                            "evaluate",
                            "--iou-type=" + iouType.label(),
                            "--annotations=" + annotationsFile,
                            "--detections=" + detectionsFile);
            process[i] = run.millis();
            double most = peak.orElse(0);
            peak = run.peakMemoryMib().stream().map(now -> Math.max(now, most)).findFirst();
        }
        double[] load = new double[repeats];
        double[] evaluate = new double[repeats];
        double[] total = new double[repeats];
        // The first repeat warms up.
        for (int i = -1; i < repeats; i++) {
            long start = System.nanoTime();
            CocoFiles files = CocoFiles.read(iouType, annotationsFile, detectionsFile);
            long loaded = System.nanoTime();
            CocoEvaluator.evaluate(
                            files.dataset(),
                            files.results().get(0),
                            EvaluationParameters.defaults(iouType))
                    .table();
            long end = System.nanoTime();
            if (i >= 0) {
                load[i] = (loaded - start) / 1e6;
                evaluate[i] = (end - loaded) / 1e6;
                total[i] = (end - start) / 1e6;
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf("%-20s%12s%12s%n", "", "median ms", "quartiles");
        JsonObject measured = new JsonObject();
        report(out, measured, "process", process);
        report(out, measured, "load", load);
        report(out, measured, "evaluate", evaluate);
        report(out, measured, "load and evaluate", total);
        peak.ifPresent(
                size -> {
                    out.printf("peak memory of the processes: %.0f MiB%n", size);
                    measured.addProperty("peak_memory_mib", size);
                });
        out.flush();
        return measured;
    }

    private static void report(PrintWriter out, JsonObject measured, String name, double[] millis) {
        Timing timing = new Timing(millis);
        out.printf(
                "%-20s%12.0f%12.0f%12.0f%n",
                name, timing.median(), timing.quantile(0.25), timing.quantile(0.75));
        measured.add(name.replace(' ', '_'), timing.toJson());
    }
}
