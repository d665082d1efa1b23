package dev.fern.tools.spark;

import dev.fern.tools.console.ShellWords;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The command line by which {@code spark-submit} runs a command of Fern.
 *
 * @param fern what Fern is made of
 * @param master Spark's name of the cluster, if it is given
 * @param settings Spark's
 */
record SubmitLine(FernJars fern, Optional<String> master, Map<String, String> settings) {

    private static final Set<String> TAKEN =
            Set.of(SparkOptions.MASTER, SparkOptions.SETTING, SparkOptions.HOME);

    /**
     * Returns the line.
     *
     * @param arguments of {@code fern}, which keep what is not for Spark
     */
    String of(List<String> arguments) throws IOException {
        List<String> words = new ArrayList<>(List.of("spark-submit"));
        master.ifPresent(url -> words.addAll(List.of("--master", url)));
        settings.forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
        words.addAll(List.of("--class", "dev.fern.tools.Fern"));
        if (!settings.containsKey("spark.executor.extraClassPath")) {
            words.addAll(List.of("--jars", fern.list()));
        }
        words.add(fern.main().toString());
        for (int i = 0; i < arguments.size(); i++) {
            String name = arguments.get(i).split("=", 2)[0];
            if (TAKEN.contains(name)) {
                i += arguments.get(i).equals(name) ? 1 : 0; // its value is the next word
            } else if (!name.equals(SparkOptions.PRINT_SUBMIT)) {
                words.add(arguments.get(i));
            }
        }
        return ShellWords.of(words);
    }
}
