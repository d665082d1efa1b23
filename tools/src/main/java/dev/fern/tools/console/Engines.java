package dev.fern.tools.console;

import ai.djl.engine.Engine;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Checks which engines are on the class path. */
public final class Engines {

    /** The engine that commands use unless another is named. */
    public static final String DEFAULT = "MXNet";

    private static final String PYTORCH = "PyTorch";
    private static final String PYTORCH_LIBRARY = "native/lib/pytorch.properties";

    private Engines() {}

    /**
     * Checks that an engine can be used.
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
                    "engine 'PyTorch' lacks its native library: start ./fern once with --engine"
                            + " PyTorch, which fetches it, or build with mvn -Ppytorch package");
        }
    }

    /** {@return whether PyTorch's native library is on the class path or named by the user} */
    public static boolean hasPyTorchLibrary() {
        return Engines.class.getClassLoader().getResource(PYTORCH_LIBRARY) != null
                || System.getenv("PYTORCH_LIBRARY_PATH") != null;
    }
}
