package dev.fern.tools.console;

import dev.fern.backbone.host.InstalledEngines;
import java.util.Map;

/** Checks the engine of a command, and makes it DJL's default. */
public final class Engines {

    /** The engine that commands with the option {@code --engine} use unless another is named. */
    public static final String DEFAULT = "MXNet";

    private static final String DEFAULT_SETTING = "ai.djl.default_engine";

    /** How a user of the command line gets by without a native library, or gets it. */
    private static final Map<String, String> WAYS =
            Map.of(
                    DEFAULT,
                    "there is one for x86-64 alone; name another by --engine PyTorch",
                    "PyTorch",
                    "name an installed libtorch by --libtorch, take the archive whose name ends in -pytorch or, from the sources, start"
                            + " ./fern once with --engine PyTorch, which fetches it");

    private Engines() {}

    /**
     * Checks that an engine can be used, and makes it that of calls to DJL that name none, which
     * would start another beside it.
     *
     * @param name DJL's name of it
     * @throws IllegalArgumentException saying what to do if this one can't
     */
    public static void require(String name) {
        if (LibTorchOption.named() != null && !name.equals("PyTorch")) {
            throw new IllegalArgumentException(
                    "--libtorch is for --engine PyTorch, not for " + name);
        }
        requireInstalled(name);
        if (System.getProperty(DEFAULT_SETTING) == null) {
            System.setProperty(DEFAULT_SETTING, name);
        }
    }

    /**
     * Checks that an engine can be used.
     *
     * @param name DJL's name of it
     * @throws IllegalArgumentException saying what to do if this one can't
     */
    public static void requireInstalled(String name) {
        if (WAYS.containsKey(name) && !InstalledEngines.isInstalled(name)) {
            throw new IllegalArgumentException(
                    "engine '" + name + "' lacks its native library: " + WAYS.get(name));
        }
        InstalledEngines.require(name);
    }
}
