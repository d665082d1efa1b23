package dev.fern.tools.console;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;

/** Asks the system for the most memory that a process ever held, native memory included. */
public final class PeakMemory {

    private PeakMemory() {}

    /**
     * {@return the peak of this process's resident set in MiB; empty where the system does not
     * report it}
     */
    public static OptionalDouble mebibytes() {
        return mebibytes(ProcessHandle.current().pid());
    }

    /**
     * Returns the peak of a process's resident set.
     *
     * @param pid the process's number
     * @return the peak in MiB; empty where the system does not report it, and once the process has
     *     ended
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
