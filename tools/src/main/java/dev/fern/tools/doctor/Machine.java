package dev.fern.tools.doctor;

import com.sun.management.OperatingSystemMXBean;
import dev.fern.backbone.host.EngineThreads;
import dev.fern.backbone.host.NativeCache;
import dev.fern.backbone.host.NativeCacheException;
import dev.fern.tools.console.Platform;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What this process can see of the machine without loading a native library. */
final class Machine {

    private static final double GIB = 1L << 30;

    /** Less than this, and the demo's training no longer fits beside Java's heap. */
    private static final double LITTLE_MEMORY = 2 * GIB;

    /** What the native libraries of both engines take when they are extracted. */
    private static final double LIBRARIES = 0.75 * GIB;

    private static final int GPU_SECONDS = 10;

    private Machine() {}

    static Finding java() {
        return Finding.ok(
                "Java",
                System.getProperty("java.version")
                        + ", "
                        + System.getProperty("java.vm.name")
                        + ", "
                        + System.getProperty("os.name")
                        + " "
                        + System.getProperty("os.arch"));
    }

    static Finding cores() {
        int all = Runtime.getRuntime().availableProcessors();
        int used = EngineThreads.cores();
        String name = Platform.processor();
        String text = (name.isEmpty() ? "" : name + ", ") + all + (all == 1 ? " core" : " cores");
        return used >= all
                ? Finding.ok("processor", text)
                : Finding.note(
                        "processor",
                        text + ", of which OMP_NUM_THREADS leaves " + used + " to Fern",
                        "unset OMP_NUM_THREADS to use all of them");
    }

    static Finding memory() {
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        double available = available(system);
        String text =
                String.format(
                        Locale.ROOT,
                        "%.1f GiB, %.1f GiB of it available; Java's heap may take %.1f GiB",
                        system.getTotalMemorySize() / GIB,
                        available / GIB,
                        Runtime.getRuntime().maxMemory() / GIB);
        return available >= LITTLE_MEMORY
                ? Finding.ok("memory", text)
                : Finding.note(
                        "memory",
                        text,
                        "use smaller images (--max-size) and batches (--batch-size), or raise the"
                                + " limit of the container");
    }

    /** Returns the memory that a process can still take: free, or holding files that can go. */
    private static double available(OperatingSystemMXBean system) {
        double free = system.getFreeMemorySize();
        try (Stream<String> lines = Files.lines(Path.of("/proc/meminfo"))) {
            double machine =
                    lines.filter(line -> line.startsWith("MemAvailable:"))
                            .mapToDouble(line -> 1024.0 * Long.parseLong(digits(line)))
                            .findFirst()
                            .orElse(free);
            // A container's limit is in what Java reports, and not in the machine's file.
            return Math.max(free, Math.min(machine, system.getTotalMemorySize()));
        } catch (IOException e) {
            return free;
        }
    }

    private static String digits(String line) {
        return line.replaceAll("\\D", "");
    }

    static Finding libraries() {
        String part = "libraries";
        try {
            Path folder = NativeCache.folder("");
            Files.createDirectories(folder);
            double space = Files.getFileStore(folder).getUsableSpace();
            String text =
                    String.format(
                            Locale.ROOT, "are kept in %s, %.1f GiB free", folder, space / GIB);
            if (NativeCache.isTemporary()) {
                return Finding.note(
                        part,
                        text + ", for one process alone: each start extracts them anew",
                        "set XDG_CACHE_HOME to a folder of your own that can be written to");
            }
            return space >= LIBRARIES
                    ? Finding.ok(part, text)
                    : Finding.note(part, text, "set XDG_CACHE_HOME to a folder on a larger disk");
        } catch (NativeCacheException | IOException e) {
            return Finding.fault(
                    part,
                    "can't be kept: " + e.getMessage(),
                    "set XDG_CACHE_HOME to a folder of your own that can be written to");
        }
    }

    /**
     * What NVIDIA's driver says of its GPUs.
     *
     * @param gpus one line for each
     * @param failure why it can't say; empty if it can, or if there is no driver
     */
    record Gpus(List<String> gpus, String failure) {

        Finding finding() {
            String part = "GPU";
            if (!failure.isEmpty()) {
                return Finding.note(
                        part,
                        failure,
                        "mend NVIDIA's driver until nvidia-smi lists the GPU; until then use"
                                + " --devices cpu");
            }
            return gpus.isEmpty()
                    ? Finding.ok(part, "none that nvidia-smi lists; Fern runs on the processor")
                    : Finding.ok(part, String.join("; ", gpus));
        }
    }

    static Gpus gpus() {
        try {
            Process process =
                    new ProcessBuilder(
                                    "nvidia-smi",
                                    "--query-gpu=name,memory.total,driver_version",
                                    "--format=csv,noheader")
                            .redirectErrorStream(true)
                            .start();
            if (!process.waitFor(GPU_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return new Gpus(List.of(), "nvidia-smi does not answer");
            }
            String out =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            List<String> lines = out.lines().filter(line -> !line.isBlank()).toList();
            return process.exitValue() == 0
                    ? new Gpus(lines, "")
                    : new Gpus(
                            List.of(),
                            "nvidia-smi fails: "
                                    + (lines.isEmpty() ? process.exitValue() : lines.get(0)));
        } catch (IOException e) {
            return new Gpus(List.of(), ""); // there is no such command
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Gpus(List.of(), "");
        }
    }
}
