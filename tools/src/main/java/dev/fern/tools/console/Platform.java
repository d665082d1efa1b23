package dev.fern.tools.console;

import ai.djl.ndarray.NDManager;
import dev.fern.backbone.host.EngineBridge;

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
}
