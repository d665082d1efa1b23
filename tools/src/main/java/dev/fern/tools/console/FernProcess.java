package dev.fern.tools.console;

import dev.fern.backbone.host.LibTorch;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;

/**
 * Runs a command in a Java process of its own, with this process's Java, class path and options.
 */
public final class FernProcess {

    /** The entry class, by name, since commands know nothing of the class that starts them. */
    private static final String ENTRY_CLASS = "dev.fern.tools.Fern";

    private static final long LOOK_EVERY_MILLIS = 10;

    private FernProcess() {}

    /**
     * What a process took.
     *
     * @param millis time from before its start to its end, in milliseconds
     * @param peakMemoryMib the most resident memory that it held, in MiB; empty where the system
     *     does not report it
     */
    public record Cost(double millis, OptionalDouble peakMemoryMib) {}

    /**
     * Prepares a process.
     *
     * @param javaOptions options of Java that are added to those of this process and override them
     * @param arguments of {@code fern}
     * @return the process, not yet started
     */
    public static ProcessBuilder of(List<String> javaOptions, List<String> arguments) {
        return of(javaOptions, System.getProperty("java.class.path"), arguments);
    }

    /**
     * Prepares a process with another class path.
     *
     * @param javaOptions options of Java that are added to those of this process and override them
     * @param classPath where its classes are
     * @param arguments of {@code fern}
     * @return the process, not yet started
     */
    public static ProcessBuilder of(
            List<String> javaOptions, String classPath, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        if (LibTorchOption.named() != null) {
            command.add("-D" + LibTorch.FOLDER + "=" + LibTorchOption.named());
        }
        command.addAll(javaOptions);
        command.addAll(List.of("-cp", classPath));
        command.add(ENTRY_CLASS);
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }

    /**
     * Runs a command to its end and drops its standard output.
     *
     * @param arguments of {@code fern}
     * @return what the process took
     * @throws IOException if the process can't be started or fails
     * @throws InterruptedException if the thread is interrupted meanwhile, which ends the process
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
