package dev.fern.tools.spark;

import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * An installed Spark.
 *
 * @param jars the folder of its jars
 */
record SparkHome(Path jars) {

    private static final String VARIABLE = "SPARK_HOME";

    private static final String WANTED = "spark-core_2.13-4.";

    /**
     * Finds Spark.
     *
     * @param given the folder that the user names
     * @throws BadInputException saying what to do if there is none, or one of another version
     * @throws IOException if the folder can't be read
     */
    static SparkHome find(Optional<String> given) throws IOException, BadInputException {
        String home = given.orElse(System.getenv(VARIABLE));
        if (home == null || home.isEmpty()) {
            throw new BadInputException(
                    "Spark is not part of Fern: install Spark 4 (https://spark.apache.org/downloads)"
                            + " and name its folder by --spark-home or the variable "
                            + VARIABLE);
        }
        Path jars = Path.of(home, "jars");
        String found = null;
        if (Files.isDirectory(jars)) {
            try (DirectoryStream<Path> cores = Files.newDirectoryStream(jars, "spark-core_*.jar")) {
                for (Path core : cores) {
                    found = core.getFileName().toString();
                }
            }
        }
        String source = given.isPresent() ? "--spark-home" : VARIABLE;
        if (found == null) {
            throw new BadInputException(
                    home + ": has no Spark, jars/spark-core_*.jar is missing (" + source + ")");
        }
        if (!found.startsWith(WANTED)) {
            throw new BadInputException(
                    home
                            + ": Fern needs Spark 4 with Scala 2.13, and this has "
                            + found
                            + " ("
                            + source
                            + ")");
        }
        return new SparkHome(jars);
    }
}
