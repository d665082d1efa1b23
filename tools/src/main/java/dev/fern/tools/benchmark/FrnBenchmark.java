package dev.fern.tools.benchmark;

import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.fern.tools.console.Engines;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.console.LibTorchOption;
import dev.fern.tools.console.OutputFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code fern benchmark frn}: times FRN + TLU on random maps, beside the same of the engine's
 * operators, batch norm with ReLU and a copy; prints medians and quartiles and writes them as JSON
 * where that is asked for.
 */
@Command(
        name = "frn",
        sortOptions = false,
        description = {
            "Times FRN + TLU, forward and backward, on maps of several shapes.",
            "",
            "For comparison it times in turn the same made of the engine's operators, the"
                    + " engine's batch norm with ReLU in training, and a copy of as many bytes."
        })
final class FrnBenchmark implements Callable<Integer> {

    private static final int LARGEST_COUNT = 1_000_000;

    @Option(
            names = "--shapes",
            paramLabel = "NxCxHxW",
            split = ",",
            defaultValue = "2x64x128x128,2x256x64x64",
            description =
                    "Shapes of the maps: images, channels, height, width. Default:"
                            + " ${DEFAULT-VALUE}.")
    private List<String> shapes;

    @Option(
            names = "--only",
            paramLabel = "WHAT",
            split = ",",
            defaultValue = "fused,operators,bn,copy",
            description = {
                "What to time: ${COMPLETION-CANDIDATES}. If it is only one, the maps stay in"
                        + " the processor's cache. Default: all."
            })
    private Set<NormTask> only;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            defaultValue = Engines.DEFAULT,
            description = "DJL engine: MXNet or PyTorch. Default: ${DEFAULT-VALUE}.")
    private String engine;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seed of the maps' values. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "20",
            description = "Number of rounds before those that count. Default: ${DEFAULT-VALUE}.")
    private int warmUp;

    @Option(
            names = "--repeats",
            paramLabel = "N",
            defaultValue = "50",
            description = "Number of rounds that count. Default: ${DEFAULT-VALUE}.")
    private int repeats;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all figures as JSON.")
    private Path json;

    @Mixin private LibTorchOption libTorch;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (warmUp < 0 || warmUp > LARGEST_COUNT || repeats < 1 || repeats > LARGEST_COUNT) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--warm-up must be 0 to "
                            + LARGEST_COUNT
                            + ", --repeats 1 to "
                            + LARGEST_COUNT);
        }
        List<Shape> parsed = shapes.stream().map(this::shape).toList();
        try {
            Engines.require(engine);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        OutputFile.require(json, List.of());
        JsonArray results = new JsonArray();
        PrintWriter out = spec.commandLine().getOut();
        for (Shape shape : parsed) {
            out.printf("%s, forward and backward%n", text(shape));
            out.printf("%-24s%12s%12s%12s%n", "", "median ms", "quartiles", "");
            try (NormWorkload workload = new NormWorkload(shape, engine, seed)) {
                Interleaved.run(workload.tasks(only), warmUp, repeats, done -> {})
                        .forEach(
                                (task, timing) ->
                                        results.add(report(out, shape, task.label(), timing)));
            }
            out.flush();
        }
        write(results);
        return 0;
    }

    private static JsonObject report(PrintWriter out, Shape shape, String name, Timing timing) {
        out.printf(
                "%-24s%12.2f%12.2f%12.2f%n",
                name, timing.median(), timing.quantile(0.25), timing.quantile(0.75));
        JsonObject result = timing.toJson();
        result.addProperty("shape", text(shape));
        result.addProperty("what", name);
        return result;
    }

    private void write(JsonArray results) throws IOException {
        if (json != null) {
            JsonObject root = new JsonObject();
            root.addProperty("benchmark", "frn");
            root.addProperty("engine", engine);
            root.addProperty("cores", Runtime.getRuntime().availableProcessors());
            root.add("results", results);
            JsonFile.write(json, root);
        }
    }

    private Shape shape(String text) {
        if (!text.matches("[1-9][0-9]{0,4}(x[1-9][0-9]{0,4}){3}")) {
            throw new ParameterException(
                    spec.commandLine(), "a shape is NxCxHxW, such as 2x64x128x128, not " + text);
        }
        long[] sides = Arrays.stream(text.split("x")).mapToLong(Long::parseLong).toArray();
        Shape shape = new Shape(sides);
        if (shape.size() > Integer.MAX_VALUE / Float.BYTES) {
            throw new ParameterException(
                    spec.commandLine(), text + " is too large; a map may take 2 GiB at most");
        }
        return shape;
    }

    private static String text(Shape shape) {
        return shape.get(0) + "x" + shape.get(1) + "x" + shape.get(2) + "x" + shape.get(3);
    }
}
