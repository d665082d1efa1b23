package dev.fern.tools.sweep;

import ai.djl.ndarray.NDManager;
import dev.fern.backbone.host.EngineStart;
import dev.fern.tools.VersionProvider;

/**
 * What a cell was trained with.
 *
 * @param fern version of Fern
 * @param engine name and version
 * @param java name and version of the virtual machine
 * @param system operating system and processor architecture
 * @param cores cores of the machine
 * @param threads cores that a cell had for itself
 */
public record Environment(
        String fern, String engine, String java, String system, int cores, int threads) {

    /** Returns this process's. */
    static Environment here(String engine, int threads) {
        String engineVersion;
        try (NDManager manager = EngineStart.newManager(engine)) {
            engineVersion = manager.getEngine().getVersion();
        }
        return new Environment(
                VersionProvider.version(),
                engine + " " + engineVersion,
                System.getProperty("java.vm.name") + " " + System.getProperty("java.version"),
                System.getProperty("os.name") + " " + System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                threads);
    }

    /** One line. */
    String text() {
        return String.join(
                ", ",
                fern,
                engine,
                java,
                system,
                cores + " cores, " + threads + (threads == 1 ? " thread" : " threads") + " a cell");
    }
}
