package dev.fern.tools.console;

import ai.djl.engine.Engine;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Checks which engines are on the class path. */
public final class Engines {

    /** The engine that commands use unless another is named. */
    public static final String DEFAULT = "MXNet";

    private static final String MXNET_LIBRARY = "native/lib/mxnet.properties";
    private static final String DEFAULT_SETTING = "ai.djl.default_engine";
    private static final String PYTORCH = "PyTorch";
    private static final String PYTORCH_LIBRARY = "native/lib/pytorch.properties";

    private Engines() {}

    /**
     * Checks that an engine can be used, and makes it that of calls to DJL that name none, which
     * would start another beside it.
     *
     * @param name DJL's name of it
     * @throws IllegalArgumentException naming the engines that can be used if this one can't
     */
    public static void require(String name) {
        Set<String> usable = new TreeSet<>(Engine.getAllEngines());
        // DJL counts its remote procedure calls as an engine, and what runs ONNX models: Fern's
        // networks do not run there.
        usable.removeAll(List.of("RPC", "OnnxRuntime"));
        if (!usable.contains(name)) {
            throw new IllegalArgumentException(
                    "engine '" + name + "' is not available; use one of " + usable);
        }
        if (name.equals(PYTORCH) && !hasPyTorchLibrary()) {
            throw new IllegalArgumentException(
                    "engine 'PyTorch' lacks its native library: take the archive whose name ends in"
                            + " -pytorch or, from the sources, start ./fern once with --engine"
                            + " PyTorch, which fetches it");
        }
        if (name.equals(DEFAULT) && !hasMxNetLibrary()) {
            throw new IllegalArgumentException(
                    "engine 'MXNet' lacks its native library, which there is for x86-64 alone: name"
                            + " another by --engine PyTorch");
        }
        if (System.getProperty(DEFAULT_SETTING) == null) {
            System.setProperty(DEFAULT_SETTING, name);
        }
    }

    private static boolean hasMxNetLibrary() {
        return hasLibrary(MXNET_LIBRARY, "MXNET_LIBRARY_PATH");
    }

    /** {@return whether PyTorch's native library is on the class path or named by the user} */
    public static boolean hasPyTorchLibrary() {
        return hasLibrary(PYTORCH_LIBRARY, "PYTORCH_LIBRARY_PATH");
    }

    /** {@return whether a jar brings a library, or the environment says where it lies} */
    private static boolean hasLibrary(String resource, String variable) {
        return Engines.class.getClassLoader().getResource(resource) != null
                || System.getenv(variable) != null;
    }
}
