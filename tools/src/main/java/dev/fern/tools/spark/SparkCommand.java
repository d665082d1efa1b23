package dev.fern.tools.spark;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code fern spark}: holds the commands that run on Apache Spark. */
@Command(
        name = "spark",
        description = {
            "Trains, detects and evaluates on the machines of an Apache Spark cluster.",
            "",
            "Fern uses an installed Spark 4 with Scala 2.13, which the variable SPARK_HOME or"
                    + " --spark-home names."
        },
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "'fern spark COMMAND --help' explains a command and all of its options."},
        subcommands = {
            SparkTrainCommand.class,
            SparkDetectCommand.class,
            SparkEvaluateCommand.class
        })
public final class SparkCommand implements Runnable {

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "Missing command: train, detect or evaluate");
    }
}
