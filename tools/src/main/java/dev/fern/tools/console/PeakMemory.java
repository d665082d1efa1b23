package dev.fern.tools.console;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;

/** The most memory that a process ever held, native memory included. */
public final class PeakMemory {

    private PeakMemory() {}

    /** This process's; see {@link #mebibytes(long)}. */
    public static OptionalDouble mebibytes() {
        return mebibytes(ProcessHandle.current().pid());
    }

    /**
     * Returns the peak of the resident set in MiB; empty where the system does not tell, and once
     * the process has ended.
     */
    public static OptionalDouble mebibytes(long pid) {
        List<String> lines;
        try {
            lines = Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"));
        } catch (IOException e) {
            return OptionalDouble.empty();
        }
        return lines.stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
                .findFirst();
    }
}
