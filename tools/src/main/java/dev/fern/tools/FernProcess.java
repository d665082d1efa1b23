package dev.fern.tools;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A command in a Java process of its own. */
public final class FernProcess {

    private FernProcess() {}

    /**
     * Prepares a process, to be started with the Java, the class path and the Java options of this
     * one.
     *
     * @param javaOptions more of them; they override
     * @param arguments of {@code fern}
     */
    public static ProcessBuilder of(List<String> javaOptions, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(javaOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(Fern.class.getName());
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }
}
