package dev.fern.tools.benchmark;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code fern benchmark}: how fast parts of Fern are on this machine. */
@Command(
        name = "benchmark",
        description = "Measure how fast Fern is on this machine.",
        subcommands = EvaluateBenchmark.class)
public final class BenchmarkCommand implements Runnable {

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "Missing command: " + String.join(", ", spec.subcommands().keySet()));
    }
}
