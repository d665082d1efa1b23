package dev.fern.tools.spark;

import dev.fern.spark.SparkDriver;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.Messages;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that say where a command runs on Spark, and how it comes there. */
@OptionSection(Section.MACHINE)
public final class SparkOptions {

    static final String MASTER = "--master";
    static final String SETTING = "--conf";
    static final String HOME = "--spark-home";
    static final String PRINT_SUBMIT = "--print-submit";

    @Option(
            names = MASTER,
            paramLabel = "URL",
            description =
                    "Spark's name of the cluster: local[N] for N tasks at a time on this machine,"
                            + " local[*] for one per core, spark://HOST:PORT, yarn or k8s://URL."
                            + " Default: local[*].")
    private String master;

    @Option(
            names = SETTING,
            paramLabel = "KEY=VALUE",
            description =
                    "Setting of Spark, such as spark.executor.memory=4g. May be given several times.")
    private Map<String, String> settings = new LinkedHashMap<>();

    @Option(
            names = HOME,
            paramLabel = "DIR",
            description = "Folder of an installed Spark 4. Default: the variable SPARK_HOME.")
    private String home;

    @Option(
            names = PRINT_SUBMIT,
            description =
                    "Do no more than print the command line by which spark-submit does the same.")
    private boolean printSubmit;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    /** What a command does once Spark is there. */
    @FunctionalInterface
    public interface Work {
        /**
         * Does the work.
         *
         * @param spark the driver; the caller closes it
         * @return the exit status
         * @throws Exception if it fails
         */
        int run(SparkDriver spark) throws Exception;
    }

    /**
     * Does work on Spark: in this process if Spark is on its class path, as under {@code
     * spark-submit}, else by the same command in a process of its own, which has it there.
     *
     * @param work the command's
     * @return the exit status
     * @throws BadInputException saying what to do if there is no Spark
     * @throws Exception if the work fails
     */
    public int run(Work work) throws Exception {
        List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
        FernJars fern = FernJars.ofThisProcess();
        if (printSubmit) {
            spec.commandLine()
                    .getOut()
                    .println(
                            new SubmitLine(fern, Optional.ofNullable(master), settings)
                                    .of(arguments));
            spec.commandLine().getOut().flush();
            return 0;
        }
        if (!isOnClassPath()) {
            SparkHome spark = SparkHome.find(Optional.ofNullable(home));
            return new SparkProcess(spark, fern, options(fern)).run(arguments);
        }
        try (SparkDriver spark =
                SparkDriver.start(
                        "fern " + spec.qualifiedName(" ").replaceFirst("^fern ", ""),
                        Optional.ofNullable(master),
                        settings)) {
            Messages.detail(() -> "Spark " + spark.version());
            return work.run(spark);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
    }

    private static boolean isOnClassPath() {
        try {
            Class.forName(
                    "org.apache.spark.sql.SparkSession",
                    false,
                    SparkOptions.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** Returns the options of Java that hand Fern's jars to executors on other machines. */
    private List<String> options(FernJars fern) throws IOException {
        List<String> options = new ArrayList<>();
        boolean here = master == null || master.matches("local(\\[.*)?");
        if (!here
                && !settings.containsKey("spark.jars")
                && !settings.containsKey("spark.executor.extraClassPath")) {
            options.add("-Dspark.jars=" + fern.list());
        }
        return options;
    }
}
