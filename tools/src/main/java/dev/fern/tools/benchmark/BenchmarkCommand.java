package dev.fern.tools.benchmark;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code fern benchmark}: holds the commands that measure what things cost on this machine. */
@Command(
        name = "benchmark",
        description =
                "Measures what FRN, training, detection, loading, evaluation, the start on large"
                        + " data sets and sums over processes cost on this machine.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            FrnBenchmark.class,
            DetectorBenchmark.Train.class,
            DetectorBenchmark.Detect.class,
            LoadBenchmark.class,
            EvaluateBenchmark.class,
            DatasetBenchmark.class,
            AllReduceBenchmark.class
        },
        footer = {"", "'fern benchmark COMMAND --help' explains a command and all of its options."})
public final class BenchmarkCommand implements Runnable {

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "Missing command: frn, train, detect, load, evaluate, dataset or allreduce");
    }
}
