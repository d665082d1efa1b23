package dev.fern.tools.console;

import ai.djl.ndarray.NDManager;
import dev.fern.backbone.host.EngineBridge;

/**
 * What a process runs on.
 *
 * @param fern version of Fern
 * @param engine name and version
 * @param java name and version of the virtual machine
 * @param system operating system and processor architecture
 * @param processors of the machine
 */
public record Platform(String fern, String engine, String java, String system, int processors) {

    /** Returns this process's. */
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
