package dev.fern.backbone.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InstalledEnginesTest {

    @TempDir Path folder;

    @Test
    void mxnetComesBeforePyTorch() {
        assertThat(InstalledEngines.preferred()).isEqualTo("MXNet");
        assertThat(InstalledEngines.isInstalled("MXNet")).isTrue();
        assertThat(InstalledEngines.isInstalled("XGBoost")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "mxnet", "Abacus", "RPC", "OnnxRuntime"})
    void anEngineThatCannotRunANetworkIsRefused(String engine) {
        assertThatThrownBy(() -> InstalledEngines.require(engine))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("engine '" + engine + "' is not available; use one of [")
                .hasMessageContaining("MXNet");
    }

    /** Sees DJL's own classes, but no native library other than one for another platform. */
    @Test
    void withoutALibraryForThisPlatformTheMessageSaysWhatToAdd() throws Exception {
        Path description =
                Files.createDirectories(folder.resolve("native/lib")).resolve("mxnet.properties");
        Files.writeString(description, "version=1.9.1\nclassifier=mkl-plan9-mips\n");
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        URL[] only = {folder.toUri().toURL()};
        try (URLClassLoader loader =
                new URLClassLoader(only, ClassLoader.getPlatformClassLoader())) {
            thread.setContextClassLoader(loader);
            assertThatThrownBy(InstalledEngines::preferred)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no engine for")
                    .hasMessageContaining("dev.fern:fern-mxnet-")
                    .hasMessageContaining("dev.fern:fern-pytorch-");
            assertThatThrownBy(() -> InstalledEngines.require("MXNet"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("engine 'MXNet' lacks its native library for ");
            System.setProperty("MXNET_LIBRARY_PATH", folder.toString());
            InstalledEngines.require("MXNet");
            assertThat(InstalledEngines.preferred()).isEqualTo("MXNet");
        } finally {
            System.clearProperty("MXNET_LIBRARY_PATH");
            thread.setContextClassLoader(before);
        }
    }
}
