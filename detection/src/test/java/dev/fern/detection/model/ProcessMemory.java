package dev.fern.detection.model;

import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDManager;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/** What the process holds, for tests that look for leaks. */
public final class ProcessMemory {

    private ProcessMemory() {}

    /** Counts arrays and managers that a manager and those below it hold, by DJL's dump of them. */
    public static int resources(NDManager manager) {
        PrintStream out = System.out;
        ByteArrayOutputStream dump = new ByteArrayOutputStream();
        System.setOut(new PrintStream(dump, true, StandardCharsets.UTF_8));
        try {
            ((BaseNDManager) manager).debugDump(0);
        } finally {
            System.setOut(out);
        }
        return Pattern.compile("resource count: (\\d+)")
                .matcher(dump.toString(StandardCharsets.UTF_8))
                .results()
                .mapToInt(count -> Integer.parseInt(count.group(1)))
                .sum();
    }

    /** The process's resident memory without Java's heap, in MiB; empty where Linux isn't. */
    public static OptionalDouble nativeMib() {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return OptionalDouble.empty();
        }
        long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getCommitted();
        try {
            return Files.readAllLines(status).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
                    .map(resident -> resident - heap / (double) (1 << 20))
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
