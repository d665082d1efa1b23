package dev.fern.tools.spark;

import dev.fern.tools.console.FernProcess;
import dev.fern.tools.console.OnInterrupt;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A command of Fern in a process with Spark on its class path.
 *
 * @param spark the installed Spark
 * @param fern what Fern is made of, which comes first on the class path
 * @param javaOptions options of Java beside those that Spark needs
 */
record SparkProcess(SparkHome spark, FernJars fern, List<String> javaOptions) {

    /** Spark reaches into these packages of Java's; its own launcher sets the same. */
    private static final List<String> OPENED =
            List.of(
                    "java.base/java.lang",
                    "java.base/java.lang.invoke",
                    "java.base/java.lang.reflect",
                    "java.base/java.io",
                    "java.base/java.net",
                    "java.base/java.nio",
                    "java.base/java.util",
                    "java.base/java.util.concurrent",
                    "java.base/java.util.concurrent.atomic",
                    "java.base/jdk.internal.ref",
                    "java.base/sun.nio.ch",
                    "java.base/sun.nio.cs",
                    "java.base/sun.security.action",
                    "java.base/sun.util.calendar",
                    "java.security.jgss/sun.security.krb5");

    /** How loud Spark is: a file in the jar of Fern's module for Spark. */
    private static final String LOG_SETTINGS = "dev/fern/spark/log4j2.properties";

    /**
     * Runs the command to its end, with this process's input and outputs. A signal that ends this
     * process ends that one first.
     *
     * @param arguments of {@code fern}
     * @return the exit status
     */
    int run(List<String> arguments) throws IOException, InterruptedException {
        List<String> options = new ArrayList<>(List.of("-XX:+IgnoreUnrecognizedVMOptions"));
        OPENED.forEach(name -> options.add("--add-opens=" + name + "=ALL-UNNAMED"));
        options.add("-Djdk.reflect.useDirectMethodHandle=false");
        options.add("-Dio.netty.tryReflectionSetAccessible=true");
        options.add("-Dlog4j2.configurationFile=" + LOG_SETTINGS);
        options.addAll(javaOptions);
        String classPath =
                Stream.concat(
                                fern.entries().stream().map(Path::toString),
                                Stream.of(spark.jars().toAbsolutePath() + File.separator + "*"))
                        .collect(Collectors.joining(File.pathSeparator));
        Process process = FernProcess.of(options, classPath, arguments).inheritIO().start();
        OnInterrupt interrupt =
                new OnInterrupt(
                        () -> {
                            process.destroy();
                            process.onExit().join();
                        });
        try (interrupt) {
            return process.waitFor();
        } finally {
            process.destroyForcibly();
        }
    }
}
