package dev.fern.backbone.host;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs a class of the tests in a process of its own. */
final class JavaProcess {

    private JavaProcess() {}

    /**
     * Starts a class's main method.
     *
     * @param engine the value of MXNET_ENGINE_TYPE
     * @param log the file to which standard error goes
     */
    static Process start(String engine, Path log, Class<?> main, String... arguments)
            throws IOException {
        List<String> command = command(main);
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        builder.environment().put("MXNET_ENGINE_TYPE", engine);
        return builder.start();
    }

    /**
     * Returns the command that starts a class's main method. Options go between its first two
     * words.
     */
    static List<String> command(Class<?> main) {
        return new ArrayList<>(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-Dai.djl.offline=true",
                        "-cp",
                        System.getProperty(
                                "surefire.test.class.path", System.getProperty("java.class.path")),
                        main.getName()));
    }
}
