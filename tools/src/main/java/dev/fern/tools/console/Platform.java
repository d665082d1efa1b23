package dev.fern.tools.console;

import ai.djl.ndarray.NDManager;
import dev.fern.backbone.host.EngineBridge;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What a process runs on.
 *
 * @param fern name and version of Fern
 * @param engine name and version of the engine
 * @param java name and version of the virtual machine
 * @param system operating system and processor architecture
 * @param processors number of processors that Java sees
 */
public record Platform(String fern, String engine, String java, String system, int processors) {

    /**
     * Returns what this process runs on.
     *
     * @param engine DJL's name of the engine, which is started
     * @return names and versions
     */
    public static Platform here(String engine) {
        String engineVersion;
        try (NDManager manager = EngineBridge.of(engine).newManager()) {
            engineVersion = manager.getEngine().getVersion();
        }
        return new Platform(
                VersionProvider.version(),
                engine + " " + engineVersion,
                System.getProperty("java.vm.name") + " " + System.getProperty("java.version"),
                System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors());
    }

    /**
     * {@return the name of the processor with the numbers of its kind, as in {@code AMD EPYC
     * (family 25, model 1)}; empty where the system is not Linux or does not tell}
     */
    public static String processor() {
        Map<String, String> first = new HashMap<>();
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            lines.map(line -> line.split(":", 2))
                    .filter(parts -> parts.length == 2)
                    .forEach(parts -> first.putIfAbsent(parts[0].strip(), parts[1].strip()));
        } catch (IOException | UncheckedIOException e) {
            return "";
        }
        String name = first.getOrDefault("model name", "");
        return name.isEmpty() || !first.containsKey("cpu family")
                ? name
                : String.format(
                        "%s (family %s, model %s)",
                        name, first.get("cpu family"), first.get("model"));
    }
}
