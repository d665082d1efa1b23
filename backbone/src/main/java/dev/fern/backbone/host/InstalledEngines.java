package dev.fern.backbone.host;

import ai.djl.engine.Engine;
import ai.djl.util.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Properties;

/** The engines whose native libraries are on the class path. */
public final class InstalledEngines {

    /** In the order of preference. */
    private static final List<String> KNOWN = List.of(MxNetBridge.ENGINE, TorchBridge.ENGINE);

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
                                                + " is on the class path; add"
                                                + " ai.djl.mxnet:mxnet-native-mkl, or"
                                                + " ai.djl.pytorch:pytorch-jni and"
                                                + " ai.djl.pytorch:pytorch-native-cpu"));
    }

    /**
     * {@return whether an engine can be used: it and its native library for this platform are on
     * the class path, or the user has set where the library is}
     *
     * @param engine DJL's name of it
     */
    public static boolean isInstalled(String engine) {
        NativeCache.prepareEngines();
        if (!Engine.getAllEngines().contains(engine)) {
            return false;
        }
        String name = engine.toLowerCase(Locale.ROOT);
        return System.getenv(name.toUpperCase(Locale.ROOT) + "_LIBRARY_PATH") != null
                || hasLibrary("native/lib/" + name + ".properties");
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
    private static String platform() {
        return Platform.fromSystem("mxnet").getClassifier();
    }
}
