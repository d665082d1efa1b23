package dev.fern.tools.benchmark;

import dev.fern.tools.Fern;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A command run in a Java process of its own, started as this one was.
 *
 * @param seconds from before the start to the end
 * @param peakMemoryMib most resident memory at a time; NaN on systems that don't tell
 */
record FreshProcess(double seconds, double peakMemoryMib) {

    private static final long LOOK_EVERY_MILLIS = 10;

    /**
     * Runs a command to its end; its output is dropped.
     *
     * @throws IOException if it can't be started or fails
     */
    static FreshProcess run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.add(Fern.class.getName());
        command.addAll(List.of(arguments));
        long start = System.nanoTime();
        Process process =
                new ProcessBuilder(command)
                        .redirectOutput(Redirect.DISCARD)
                        .redirectError(Redirect.INHERIT)
                        .start();
        try {
            double peak = Double.NaN;
            while (!process.waitFor(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                double now = peakMemoryMib(process.pid());
                peak = Double.isNaN(now) ? peak : now;
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            if (process.exitValue() != 0) {
                throw new IOException("the measured process failed, see above");
            }
            return new FreshProcess(seconds, peak);
        } finally {
            process.destroyForcibly();
        }
    }

    /** What Linux tells of a running process; NaN elsewhere, and when it has just ended. */
    private static double peakMemoryMib(long pid) {
        try {
            Path status = Path.of("/proc", Long.toString(pid), "status");
            for (String line : Files.readAllLines(status, StandardCharsets.ISO_8859_1)) {
                if (line.startsWith("VmHWM:")) {
                    return Double.parseDouble(line.replaceAll("\\D", "")) / 1024;
                }
            }
        } catch (IOException e) {
            // no such file: not Linux, or the process is gone
        }
        return Double.NaN;
    }
}
