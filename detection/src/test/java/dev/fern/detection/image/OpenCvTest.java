package dev.fern.detection.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.opencv.core.Mat;

class OpenCvTest {

    @TempDir Path folder;

    @Test
    @EnabledOnOs(OS.LINUX)
    void loadsWithoutGtkWhichServersLack() throws Exception {
        // Found first, and no library.
        Files.createFile(folder.resolve("libgtk-x11-2.0.so.0"));
        Path image = TestImages.write(folder.resolve("image.png"), 37, 23, 1);
        Path cache = folder.resolve("cache");
        assertThat(run(cache, image)).as("extracts").isEqualTo("37x23\n");
        assertThat(run(cache, image)).as("is extracted").isEqualTo("37x23\n");
    }

    /** The libraries name folders of the machine they were built on, in the home of its user. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void nothingIsSoughtWhereTheLibrariesWereBuilt() throws Exception {
        Path image = TestImages.write(folder.resolve("image.png"), 37, 23, 1);
        String search = run(folder.resolve("cache"), image, Map.of("LD_DEBUG", "libs"));
        assertThat(search).contains("37x23\n").contains("calling init: ", "libopencv_core.so");
        assertThat(search.lines().filter(line -> line.contains("/javacpp-presets/"))).isEmpty();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aCacheThatOthersWriteToIsRefused() throws Exception {
        Path image = TestImages.write(folder.resolve("image.png"), 37, 23, 1);
        Path cache = Files.createDirectory(folder.resolve("cache"));
        Files.setAttribute(cache, "unix:mode", 0777);
        assertThat(run(cache, image))
                .contains(
                        "NativeCacheException: org.bytedeco.javacpp.cachedir: "
                                + cache.toRealPath()
                                + " can be written by other users");
        assertThat(cache).isEmptyDirectory();
    }

    /** Its finalizer would delete what is being freed. */
    @Test
    void aMatrixLivesUntilItsPixelsAreFree() {
        OpenCv.load();
        // Compiled code, unlike interpreted, forgets a matrix before its last call ends.
        for (int i = 1; i <= 50_000; i++) {
            OpenCv.release(new Watched(i % 1000 == 0));
        }
        assertThat(Watched.deletedTooEarly).isZero();
    }

    /** Lets the garbage collector run during its release. */
    private static final class Watched extends Mat {
        static int deletedTooEarly;

        private final AtomicBoolean isDeleted = new AtomicBoolean();
        private final boolean collects;

        Watched(boolean collects) {
            this.collects = collects;
        }

        @Override
        public void release() {
            AtomicBoolean deleted = isDeleted;
            boolean collected = collects;
            super.release();
            if (collected) {
                System.gc();
                System.runFinalization();
            }
            if (deleted.get()) {
                deletedTooEarly++;
            }
        }

        @Override
        @SuppressWarnings({"removal", "deprecation"}) // OpenCV frees matrices so
        protected void finalize() throws Throwable {
            isDeleted.set(true);
            super.finalize();
        }
    }

    private String run(Path cache, Path image) throws IOException, InterruptedException {
        return run(cache, image, Map.of());
    }

    private String run(Path cache, Path image, Map<String, String> environment)
            throws IOException, InterruptedException {
        ProcessBuilder builder =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Dorg.bytedeco.javacpp.cachedir=" + cache,
                                "-cp",
                                System.getProperty(
                                        "surefire.test.class.path",
                                        System.getProperty("java.class.path")),
                                Program.class.getName(),
                                image.toString())
                        .redirectErrorStream(true);
        builder.environment().put("LD_LIBRARY_PATH", folder.toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }

    /** Prints the size of an image. */
    static final class Program {

        private Program() {}

        public static void main(String[] arguments) throws IOException {
            try (BgrImage image = ImageReader.standard().read(Path.of(arguments[0]))) {
                System.out.println(image.width() + "x" + image.height());
            }
        }
    }
}
