package dev.fern.tools.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;

/** Asks Linux how much memory a new process could take without pushing others out. */
final class AvailableMemory {

    private static final Path SYSTEM = Path.of("/proc/meminfo");
    private static final Path CONTAINER = Path.of("/sys/fs/cgroup");
    private static final double MEBIBYTE = 1 << 20;

    private AvailableMemory() {}

    /**
     * Returns the available memory in MiB, within the limit of a container; empty where the system
     * does not report it.
     */
    static OptionalDouble mebibytes() {
        return mebibytes(SYSTEM, CONTAINER);
    }

    /**
     * Returns the available memory in MiB; empty where the files do not say.
     *
     * @param meminfo a file in the format of {@code /proc/meminfo}
     * @param cgroup a folder in the format of {@code /sys/fs/cgroup}
     */
    static OptionalDouble mebibytes(Path meminfo, Path cgroup) {
        try {
            List<String> lines = Files.readAllLines(meminfo);
            OptionalDouble system =
                    lines.stream()
                            .filter(line -> line.startsWith("MemAvailable:"))
                            .mapToDouble(
                                    line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
                            .findFirst();
            return system.isEmpty()
                    ? system
                    : OptionalDouble.of(Math.min(system.getAsDouble(), leftInContainer(cgroup)));
        } catch (IOException | NumberFormatException e) {
            return OptionalDouble.empty();
        }
    }

    private static double leftInContainer(Path cgroup) throws IOException {
        Path limit = cgroup.resolve("memory.max");
        Path used = cgroup.resolve("memory.current");
        if (!Files.exists(limit) || !Files.exists(used)) {
            return Double.POSITIVE_INFINITY;
        }
        String most = Files.readString(limit).strip();
        return most.equals("max")
                ? Double.POSITIVE_INFINITY
                : (Long.parseLong(most)
                                - Long.parseLong(Files.readString(used).strip())
                                + cachedFiles(cgroup.resolve("memory.stat")))
                        / MEBIBYTE;
    }

    /** Returns the bytes of cached files, which count as used but can be dropped. */
    private static long cachedFiles(Path stat) throws IOException {
        return Files.exists(stat)
                ? Files.readAllLines(stat).stream()
                        .filter(line -> line.startsWith("inactive_file "))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .sum()
                : 0;
    }
}
