package dev.fern.tools.benchmark;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.Engines;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.console.PeakMemory;
import dev.fern.tools.console.WithoutOptions;
import dev.fern.tools.train.TrainingSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Times something that a detector does, under several normalisers in turn. Prints median and
 * quartiles for each of them and the peak memory of the process; writes all figures as JSON where
 * that is asked for.
 */
abstract class DetectorBenchmark implements Callable<Integer> {

    private static final int LARGEST_COUNT = 1_000_000;

    /** {@code fern benchmark train}: times training steps on random images. */
    @WithoutOptions({
        "--norm",
        "--accumulate",
        "--epochs",
        "--steps",
        "--lr",
        "--warmup-steps",
        "--schedule",
        "--patience",
        "--keep-checkpoints",
        "--checkpoint-minutes"
    })
    @Command(
            name = "train",
            sortOptions = false,
            description = {
                "Times training steps: matching, forward pass, loss, backward pass, update.",
                "",
                "The settings are those of fern train. The images are random, and their"
                        + " decoding is not timed. One round runs each normaliser once."
            })
    static final class Train extends DetectorBenchmark {
        Train() {
            super("train");
        }

        @Override
        DetectorWorkload workload(
                TrainingConfiguration configuration, ImageSize image, int categories) {
            return new TrainingWorkload(configuration, image, categories);
        }
    }

    /** {@code fern benchmark detect}: times detection in random images. */
    @WithoutOptions({
        "--norm",
        "--accumulate",
        "--epochs",
        "--steps",
        "--lr",
        "--warmup-steps",
        "--schedule",
        "--ema-decay",
        "--patience",
        "--freeze-stages",
        "--keep-checkpoints",
        "--checkpoint-minutes"
    })
    @Command(
            name = "detect",
            sortOptions = false,
            description = {
                "Times detection: forward pass and post-processing.",
                "",
                "The settings are those of fern train. The images are random, and their"
                        + " decoding is not timed. One round runs each normaliser once: in one"
                        + " batch, or in as many at the same time as --concurrency says."
            })
    static final class Detect extends DetectorBenchmark {

        @Option(
                names = "--concurrency",
                paramLabel = "N",
                defaultValue = "1",
                description =
                        "Number of threads that share the detector, each with a batch of its own."
                                + " Default: ${DEFAULT-VALUE}.")
        private int concurrency;

        Detect() {
            super("detect");
        }

        @Override
        int concurrency() {
            return concurrency;
        }

        @Override
        DetectorWorkload workload(
                TrainingConfiguration configuration, ImageSize image, int categories) {
            return new DetectionWorkload(configuration, image, categories, concurrency);
        }
    }

    private final String name;

    @Mixin private TrainingSettings settings;

    @Option(
            names = "--norms",
            paramLabel = "NAME",
            split = ",",
            description =
                    "Normalisers to time in turn, by the names that fern train --norm takes. Time bn,"
                            + " whose images pass together, alone: the others' threads slow it."
                            + " Default: the one of the settings, frn.")
    private List<String> norms = List.of();

    @Option(
            names = "--image-size",
            paramLabel = "WxH",
            defaultValue = "640x480",
            description =
                    "Size in pixels of the images before they are resized. Default:"
                            + " ${DEFAULT-VALUE}.")
    private String imageSize;

    @Option(
            names = "--categories",
            paramLabel = "N",
            defaultValue = "80",
            description = "Number of categories of the detector. Default: ${DEFAULT-VALUE}.")
    private int categories;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "20",
            description = "Number of rounds before those that count. Default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Option(
            names = "--repeats",
            paramLabel = "N",
            defaultValue = "30",
            description = "Number of rounds that count. Default: ${DEFAULT-VALUE}.")
    private int repeats;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all figures as JSON.")
    private Path json;

    @Spec private CommandSpec spec;

    private DetectorBenchmark(String name) {
        this.name = name;
    }

    /** Makes the work for some settings. */
    abstract DetectorWorkload workload(
            TrainingConfiguration configuration, ImageSize image, int categories);

    /** {@return how many batches are worked on at the same time} */
    int concurrency() {
        return 1;
    }

    @Override
    public Integer call() throws Exception {
        requireRange("--categories", categories, 1);
        requireRange("--warm-up", warmUp, 0);
        requireRange("--repeats", repeats, 1);
        requireRange("--concurrency", concurrency(), 1);
        ImageSize image = imageSize();
        OutputFile.require(json, List.of());
        Map<String, TrainingConfiguration> configurations = configurations();
        try {
            Engines.require(configurations.values().iterator().next().machine().engine());
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
        Map<String, DetectorWorkload> workloads = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, TrainingConfiguration> entry : configurations.entrySet()) {
                workloads.put(entry.getKey(), workload(entry.getValue(), image, categories));
            }
            Map<String, Runnable> tasks = new LinkedHashMap<>();
            workloads.forEach((norm, own) -> tasks.put(norm, own::run));
            Map<String, Timing> timings = Interleaved.run(tasks, warmUp, repeats, this::tell);
            report(configurations, timings, workloads.values().iterator().next().canvas.size());
        } catch (IllegalArgumentException e) {
            throw new BadInputException(
                    "no network can be made of the settings: " + e.getMessage(), e);
        } finally {
            workloads.values().forEach(DetectorWorkload::close);
        }
        return 0;
    }

    private Map<String, TrainingConfiguration> configurations()
            throws IOException, BadInputException {
        Map<String, TrainingConfiguration> configurations = new LinkedHashMap<>();
        for (String norm : norms) {
            configurations.put(norm, settings.configuration(norm));
        }
        if (norms.isEmpty()) {
            TrainingConfiguration own = settings.configuration();
            configurations.put(own.network().backbone().norm().id(), own);
        }
        return configurations;
    }

    private void tell(int rounds) {
        if (rounds % 10 == 0) {
            System.err.printf("%d of %d rounds%n", rounds, warmUp + repeats);
        }
    }

    private void report(
            Map<String, TrainingConfiguration> configurations,
            Map<String, Timing> timings,
            ImageSize canvas)
            throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        OptionalDouble peak = PeakMemory.mebibytes();
        TrainingConfiguration any = configurations.values().iterator().next();
        int batch = any.loop().batchSize();
        int images = batch * concurrency();
        out.printf(
                "%s, %s x%s, %s, %s, %d threads%n",
                any.machine().engine(),
                any.network().backbone().id(),
                any.network().backbone().width(),
                canvas,
                concurrency() == 1
                        ? "batch of " + batch
                        : concurrency() + " batches of " + batch + " at a time",
                EngineBridge.of(any.machine().engine()).lanes());
        out.printf("%-14s%12s%12s%12s%14s%n", "norm", "median ms", "quartiles", "", "ms per image");
        timings.forEach(
                (norm, timing) ->
                        out.printf(
                                "%-14s%12.1f%12.1f%12.1f%14.1f%n",
                                norm,
                                timing.median(),
                                timing.quantile(0.25),
                                timing.quantile(0.75),
                                timing.median() / images));
        peak.ifPresent(size -> out.printf("peak memory of the process: %.0f MiB%n", size));
        out.flush();
        if (json != null) {
            JsonFile.write(json, toJson(configurations, timings, canvas, peak));
        }
    }

    private JsonObject toJson(
            Map<String, TrainingConfiguration> configurations,
            Map<String, Timing> timings,
            ImageSize canvas,
            OptionalDouble peak) {
        JsonObject root = new JsonObject();
        root.addProperty("benchmark", name);
        root.addProperty("canvas", canvas.toString());
        root.addProperty("categories", categories);
        root.addProperty("concurrency", concurrency());
        root.addProperty("warm_up", warmUp);
        root.addProperty("cores", Runtime.getRuntime().availableProcessors());
        root.addProperty("java", System.getProperty("java.vm.version"));
        root.addProperty(
                "system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        peak.ifPresent(size -> root.addProperty("peak_memory_mib", size));
        JsonArray results = new JsonArray();
        timings.forEach(
                (norm, timing) -> {
                    JsonObject result = timing.toJson();
                    result.addProperty("norm", norm);
                    result.addProperty(
                            "median_ms_per_image",
                            timing.median()
                                    / configurations.get(norm).loop().batchSize()
                                    / concurrency());
                    result.add(
                            "settings", JsonParser.parseString(configurations.get(norm).toJson()));
                    results.add(result);
                });
        root.add("results", results);
        return root;
    }

    private ImageSize imageSize() {
        if (!imageSize.matches("[1-9][0-9]{0,4}x[1-9][0-9]{0,4}")) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--image-size must be WIDTHxHEIGHT, such as 640x480, not " + imageSize);
        }
        List<Integer> sides = new ArrayList<>();
        for (String side : imageSize.split("x")) {
            sides.add(Integer.valueOf(side));
        }
        return new ImageSize(sides.get(0), sides.get(1));
    }

    final void requireRange(String option, int value, int least) {
        if (value < least || value > LARGEST_COUNT) {
            throw new ParameterException(
                    spec.commandLine(),
                    option + " must be " + least + " to " + LARGEST_COUNT + ", not " + value);
        }
    }
}
