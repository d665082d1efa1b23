package dev.fern.tools.benchmark;

import dev.fern.tools.FernProcess;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;

/**
 * A command run in a Java process of its own, started as this one was.
 *
 * @param millis from before the start to the end
 * @param peakMemoryMib most resident memory at a time; empty where the system does not tell
 */
record FreshProcess(double millis, OptionalDouble peakMemoryMib) {

    private static final long LOOK_EVERY_MILLIS = 10;

    /**
     * Runs a command to its end; its output is dropped.
     *
     * @throws IOException if it can't be started or fails
     */
    static FreshProcess run(String... arguments) throws IOException, InterruptedException {
        long start = System.nanoTime();
        Process process =
                FernProcess.of(List.of(), List.of(arguments))
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
            return new FreshProcess(millis, peak);
        } finally {
            process.destroyForcibly();
        }
    }
}
