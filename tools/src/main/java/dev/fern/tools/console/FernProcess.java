package dev.fern.tools.console;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;

/** A command in a Java process of its own, with the Java, class path and options of this one. */
public final class FernProcess {

    /** By name, since commands know nothing of the class that starts them. */
    private static final String ENTRY_CLASS = "dev.fern.tools.Fern";

    private static final long LOOK_EVERY_MILLIS = 10;

    private FernProcess() {}

    /**
     * What a process took.
     *
     * @param millis from before its start to its end
     * @param peakMemoryMib the most resident memory that it held; empty where the system does not
     *     tell
     */
    public record Cost(double millis, OptionalDouble peakMemoryMib) {}

    /**
     * Prepares a process.
     *
     * @param javaOptions Java's options beside those of this process, which they override
     * @param arguments of {@code fern}
     */
    public static ProcessBuilder of(List<String> javaOptions, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(javaOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(ENTRY_CLASS);
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }

    /**
     * Runs a command to its end and drops its output.
     *
     * @throws IOException if it can't be started or fails
     */
    public static Cost measure(String... arguments) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Process process =
                of(List.of(), List.of(arguments))
                        .redirectOutput(Redirect.DISCARD)
                        .redirectError(Redirect.INHERIT)
                        .start();
        try {
            OptionalDouble peak = OptionalDouble.empty();
            while (!process.waitFor(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                OptionalDouble now = PeakMemory.mebibytes(process.pid());
                peak = now.isPresent() ? now : peak;
            }
            double millis = (System.nanoTime() - start) / 1e6;
            if (process.exitValue() != 0) {
                throw new IOException("the measured process failed, see above");
            }
            return new Cost(millis, peak);
        } finally {
            process.destroyForcibly();
        }
    }
}
