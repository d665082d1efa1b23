package dev.fern.tools.benchmark;

import com.google.gson.JsonObject;
import dev.fern.detection.data.Batch;
import dev.fern.detection.data.BatchDecoder;
import dev.fern.detection.data.BatchLoader;
import dev.fern.detection.data.BatchPlan;
import dev.fern.detection.data.BatchSampler;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.Detector;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.input.InputImages;
import dev.fern.tools.input.ModelOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code fern benchmark load}: times the reading of images with nothing else to do and under
 * detection; prints images per second and the part of the time that detection waits, and writes
 * them as JSON where that is asked for.
 */
@Command(
        name = "load",
        sortOptions = false,
        description = {
            "Times the reading of images, alone and under detection.",
            "",
            "The loader's threads read, decode and resize images ahead, as in fern"
                    + " detect. First nothing uses the images; then the model detects in them, and"
                    + " the time that it waits for images after the first batch is measured."
        },
        footer = {"", "Example:", "  fern benchmark load --model runs/a/best photographs"})
final class LoadBenchmark implements Callable<Integer> {

    private static final int LARGEST_COUNT = 1_000_000;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "Model directory.")
    private Path model;

    @Mixin private InputImages inputs;

    @Mixin private ModelOptions options;

    @Option(
            names = "--repeats",
            paramLabel = "N",
            defaultValue = "3",
            description =
                    "Number of passes over the images that count, after one that does not."
                            + " Default: ${DEFAULT-VALUE}.")
    private int repeats;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all figures as JSON.")
    private Path json;

    @Spec private CommandSpec spec;

    /** The times of the passes over all images that count. */
    private static final class Passes {
        private final double[] millis;
        private final double[] waited;

        /** Number of images of a pass that could be used. */
        private int images;

        Passes(int count) {
            millis = new double[count];
            waited = new double[count];
        }

        Timing time() {
            return new Timing(millis);
        }

        /** Returns the time spent waiting for batches after the first one. */
        Timing waiting() {
            return new Timing(waited);
        }
    }

    @Override
    public Integer call() throws Exception {
        if (repeats < 1 || repeats > LARGEST_COUNT) {
            throw new BadInputException(
                    "--repeats must be 1 to " + LARGEST_COUNT + ", not " + repeats);
        }
        List<Path> files = inputs.find();
        OutputFile.require(json, files);
        ImageReader reader = ImageReader.standard();
        DetectionDataset images =
                DetectionDataset.unlabelled(files, reader, options.skipBadImages());
        try (Detector detector = options.load(model)) {
            BatchPlan plan =
                    detector.configuration()
                            .checked(
                                    BatchSampler.sequential(
                                            images,
                                            options.batchSize(),
                                            detector.configuration().canvas()));
            BatchDecoder decoder =
                    new BatchDecoder(reader, detector.configuration().normalization());
            Passes alone = passes(plan, decoder, batch -> {});
            Passes detecting =
                    passes(
                            plan,
                            decoder,
                            batch ->
                                    detector.detect(
                                            batch.pixels(),
                                            batch.items().stream()
                                                    .map(Batch.Item::canvas)
                                                    .toList()));
            report(alone, detecting);
        }
        return 0;
    }

    private Passes passes(BatchPlan plan, BatchDecoder decoder, Consumer<Batch> use)
            throws IOException, InterruptedException {
        pass(plan, decoder, use, new Passes(1), 0);
        Passes passes = new Passes(repeats);
        for (int i = 0; i < repeats; i++) {
            pass(plan, decoder, use, passes, i);
        }
        return passes;
    }

    private void pass(
            BatchPlan plan, BatchDecoder decoder, Consumer<Batch> use, Passes passes, int index)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        long waited = 0;
        int images = 0;
        try (BatchLoader<Batch> loader =
                new BatchLoader<>(plan, 0, decoder, UnaryOperator.identity(), options.loading())) {
            Optional<Batch> next = loader.next();
            while (next.isPresent()) {
                try (Batch batch = next.get()) {
                    use.accept(batch);
                    images += batch.items().size();
                }
                long asked = System.nanoTime();
                next = loader.next();
                waited += System.nanoTime() - asked;
            }
        }
        passes.images = images;
        passes.millis[index] = (System.nanoTime() - start) / 1e6;
        passes.waited[index] = waited / 1e6;
    }

    private void report(Passes alone, Passes detecting) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "%d images, batches of %d, %d loader threads%n",
                alone.images, options.batchSize(), options.loading().threads());
        out.printf("%-12s%14s%14s%n", "", "images/s", "ms per image");
        line(out, "loader", alone);
        line(out, "detection", detecting);
        out.printf(
                "detection waited for images in %.1f %% of its time%n",
                100 * detecting.waiting().median() / detecting.time().median());
        if (json != null) {
            JsonObject root = new JsonObject();
            root.addProperty("benchmark", "load");
            root.addProperty("images", alone.images);
            root.addProperty("batch_size", options.batchSize());
            root.addProperty("loader_threads", options.loading().threads());
            root.add("loader", alone.time().toJson());
            root.add("detection", detecting.time().toJson());
            root.add("waiting", detecting.waiting().toJson());
            JsonFile.write(json, root);
        }
    }

    private static void line(PrintWriter out, String name, Passes passes) {
        double millis = passes.time().median();
        out.printf(
                "%-12s%14.1f%14.2f%n", name, passes.images * 1e3 / millis, millis / passes.images);
    }
}
