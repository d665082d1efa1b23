package dev.fern.backbone.host;

import ai.djl.engine.Engine;
import ai.djl.util.Platform;
import ai.djl.util.Utils;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;

/** The engines that can be used: which there are, and which to take where none is named. */
public final class InstalledEngines {

    /** In the order of preference. */
    private static final List<String> KNOWN = List.of(MxNetBridge.ENGINE, TorchBridge.ENGINE);

    /**
     * DJL counts its remote procedure calls as an engine, and what runs ONNX models: Fern's
     * networks do not run there.
     */
    private static final Set<String> UNFIT = Set.of("RPC", "OnnxRuntime");

    private InstalledEngines() {}

    /**
     * {@return DJL's name of the engine to use where none is named: MXNet, or else PyTorch} No
     * engine is started.
     *
     * @throws IllegalStateException if neither is there for this platform; the message says what to
     *     add
     */
    public static String preferred() {
        return KNOWN.stream()
                .filter(InstalledEngines::isInstalled)
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalStateException(
                                        "no engine for "
                                                + platform()
                                                + " is on the class path; add the native libraries"
                                                + " of this platform, dev.fern:fern-mxnet-... or"
                                                + " dev.fern:fern-pytorch-..."));
    }

    /**
     * Checks that an engine can be used, without starting it.
     *
     * @param engine DJL's name of it, in its spelling
     * @throws IllegalArgumentException if it can't be; the message names those that are there, or
     *     the library that is missing, or what is wrong with the libtorch that the user has named
     */
    public static void require(String engine) {
        NativeSettings.keepDjlFromTheNetwork();
        LibTorch.showCuda();
        Set<String> there = new TreeSet<>(Engine.getAllEngines());
        there.removeAll(UNFIT);
        if (!there.contains(engine)) {
            throw new IllegalArgumentException(
                    "engine '" + engine + "' is not available; use one of " + there);
        }
        // What other engines need, only they know; and DJL fetches what is missing where it may.
        if (Utils.isOfflineMode() && KNOWN.contains(engine) && !isInstalled(engine)) {
            throw new IllegalArgumentException(
                    "engine '"
                            + engine
                            + "' lacks its native library for "
                            + platform()
                            + KNOWN.stream()
                                    .filter(InstalledEngines::isInstalled)
                                    .findFirst()
                                    .map(other -> "; engine '" + other + "' has its own")
                                    .orElse(""));
        }
        if (engine.equals(TorchBridge.ENGINE)) {
            LibTorch.prepare();
        }
    }

    /**
     * {@return whether an engine can be used: it and its native library for this platform are on
     * the class path, or the user has set where the library is}
     *
     * @param engine DJL's name of it
     */
    public static boolean isInstalled(String engine) {
        NativeSettings.keepDjlFromTheNetwork();
        LibTorch.showCuda();
        if (!Engine.getAllEngines().contains(engine)) {
            return false;
        }
        String name = engine.toLowerCase(Locale.ROOT);
        // An environment variable or a system property, as DJL reads it.
        String library =
                Utils.getEnvOrSystemProperty(name.toUpperCase(Locale.ROOT) + "_LIBRARY_PATH");
        return library != null && !library.isEmpty()
                || engine.equals(TorchBridge.ENGINE) && LibTorch.isNamed()
                || engine.equals(MxNetBridge.ENGINE) && isOnLibraryPath(name)
                || hasLibrary("native/lib/" + name + ".properties");
    }

    private static boolean isOnLibraryPath(String name) {
        String file = System.mapLibraryName(name);
        return Arrays.stream(System.getProperty("java.library.path", "").split(File.pathSeparator))
                .anyMatch(folder -> new File(folder, file).isFile());
    }

    /** DJL describes a native library by a file of properties, with the platform in it. */
    private static boolean hasLibrary(String description) {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        try {
            for (URL url :
                    Collections.list(
                            (loader == null ? InstalledEngines.class.getClassLoader() : loader)
                                    .getResources(description))) {
                Properties properties = new Properties();
                try (InputStream in = url.openStream()) {
                    properties.load(in);
                }
                // The classifier begins with the flavour, as in cpu-linux-x86_64.
                if (properties.getProperty("classifier", "").endsWith(platform())) {
                    return true;
                }
            }
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the platform as DJL writes it, such as linux-x86_64} */
    static String platform() {
        return Platform.fromSystem("mxnet").getClassifier();
    }
}
