package dev.fern.tools.benchmark;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.fern.detection.worker.RingAllReduce;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.train.WorkerProcesses;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code fern benchmark allreduce}: times the sum of gradients over processes of this machine, and
 * checks it.
 */
@Command(
        name = "allreduce",
        sortOptions = false,
        description =
                "Times how long several processes of this machine take to add up their gradients,"
                        + " as 'fern train --processes' does after every batch.")
final class AllReduceBenchmark implements Callable<Integer> {

    private static final int WARM_UP = 3;
    private static final int FLOATS_PER_MIB = 1 << 18;
    private static final int MOST_WORKERS = 64;
    private static final int MOST_MIB = 1024;

    @Option(
            names = "--workers",
            paramLabel = "N",
            defaultValue = "2",
            description = "Number of processes. Default: ${DEFAULT-VALUE}.")
    private int workers;

    @Option(
            names = "--mib",
            paramLabel = "N",
            split = ",",
            defaultValue = "20,150",
            description = "Sizes of the gradients in MiB. Default: ${DEFAULT-VALUE}.")
    private List<Integer> sizes;

    @Option(
            names = "--repeats",
            paramLabel = "N",
            defaultValue = "15",
            description = "Number of sums that count. Default: ${DEFAULT-VALUE}.")
    private int repeats;

    @Option(names = "--json", paramLabel = "FILE", description = "Write all figures as JSON.")
    private Path json;

    @Option(
            names = "--follow",
            hidden = true,
            description = "Take part in the benchmark of the process that has started this one.")
    private boolean follows;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (workers < 2 || workers > MOST_WORKERS || repeats < 1) {
            throw new BadInputException(
                    "--workers must be 2 to " + MOST_WORKERS + ", --repeats at least 1");
        }
        if (sizes.stream().anyMatch(size -> size < 1 || size > MOST_MIB)) {
            throw new BadInputException("--mib must be 1 to " + MOST_MIB);
        }
        if (follows) {
            WorkerProcesses.follow(
                    ring -> {
                        for (int size : sizes) {
                            time(ring, size);
                        }
                    },
                    System.in,
                    System.out);
            return 0;
        }
        OutputFile.require(json, List.of());
        List<String> arguments =
                List.of(
                        "benchmark",
                        "allreduce",
                        "--follow",
                        "--repeats=" + repeats,
                        "--workers=" + workers,
                        "--mib="
                                + sizes.stream()
                                        .map(String::valueOf)
                                        .collect(Collectors.joining(",")));
        JsonArray results = new JsonArray();
        PrintWriter out = spec.commandLine().getOut();
        try (WorkerProcesses processes = WorkerProcesses.start(workers, arguments)) {
            out.printf(
                    "sum over %d processes%n%-12s%12s%12s%12s%n",
                    workers, "MiB", "median ms", "quartiles", "");
            for (int size : sizes) {
                Timing timing = new Timing(time(processes.ring(), size));
                out.printf(
                        "%-12d%12.1f%12.1f%12.1f%n",
                        size, timing.median(), timing.quantile(0.25), timing.quantile(0.75));
                JsonObject result = timing.toJson();
                result.addProperty("mib", size);
                results.add(result);
            }
            out.flush();
        }
        if (json != null) {
            JsonObject root = new JsonObject();
            root.addProperty("benchmark", "allreduce");
            root.addProperty("workers", workers);
            root.addProperty("cores", Runtime.getRuntime().availableProcessors());
            root.add("results", results);
            JsonFile.write(json, root);
        }
        return 0;
    }

    /** Returns the milliseconds of each sum. */
    private double[] time(RingAllReduce ring, int mib) throws IOException, InterruptedException {
        int count = mib * FLOATS_PER_MIB;
        FloatBuffer values =
                ByteBuffer.allocateDirect(Float.BYTES * count)
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer();
        float[] own = new float[count];
        Arrays.fill(own, ring.rank() + 1);
        double[] millis = new double[repeats];
        for (int i = -WARM_UP; i < repeats; i++) {
            values.put(0, own);
            ring.gather(new byte[0]);
            long start = System.nanoTime();
            ring.sum(List.of(values));
            if (i >= 0) {
                millis[i] = (System.nanoTime() - start) / 1e6;
            }
            float expected = workers * (workers + 1) / 2f;
            if (values.get(0) != expected || values.get(count - 1) != expected) {
                throw new IOException("the sum is wrong: " + values.get(0) + ", not " + expected);
            }
        }
        return millis;
    }
}
