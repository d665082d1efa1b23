package dev.fern.backbone.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstalledEnginesTest {

    @TempDir Path folder;

    @Test
    void mxnetComesBeforePyTorch() {
        assertThat(InstalledEngines.preferred()).isEqualTo("MXNet");
        assertThat(InstalledEngines.isInstalled("MXNet")).isTrue();
        assertThat(InstalledEngines.isInstalled("XGBoost")).isFalse();
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
                    .hasMessageContaining("ai.djl.mxnet:mxnet-native-mkl")
                    .hasMessageContaining("ai.djl.pytorch:pytorch-native-cpu");
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
