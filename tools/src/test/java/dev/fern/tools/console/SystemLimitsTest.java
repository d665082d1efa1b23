package dev.fern.tools.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.data.Batch;
import dev.fern.detection.data.BatchDecoder;
import dev.fern.detection.data.BatchLoader;
import dev.fern.detection.data.BatchPlan;
import dev.fern.detection.data.BatchSampler;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.tools.Fern;
import dev.fern.tools.dataset.ImageFileCheck;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Processes whose output can't be written, and that may open few files. */
@EnabledOnOs(OS.LINUX)
class SystemLimitsTest {

    @TempDir Path folder;

    /** How a process ended. */
    private record Ended(int status, List<String> errors) {}

    private Ended run(String prefix, String classPath, String mainClass, String arguments)
            throws IOException, InterruptedException {
        Path errors = folder.resolve("errors");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String command =
                String.format(
                        prefix, java + " -cp '" + classPath + "' '" + mainClass + "'" + arguments);
        int status =
                new ProcessBuilder("bash", "-c", "set -o pipefail; " + command)
                        .redirectError(errors.toFile())
                        .start()
                        .waitFor();
        return new Ended(status, Files.readAllLines(errors));
    }

    private Ended fern(String prefix, String arguments) throws Exception {
        return run(prefix, System.getProperty("java.class.path"), Fern.class.getName(), arguments);
    }

    @Test
    void outputThatCanNotBeWrittenIsAnError() throws Exception {
        Files.writeString(
                folder.resolve("a.json"),
                "{\"images\": [{\"id\": 1, \"width\": 9, \"height\": 9, \"file_name\": \"a\"}],"
                        + " \"annotations\": [], \"categories\": [{\"id\": 1, \"name\": \"a\"}]}");
        for (String arguments :
                List.of(
                        " --help",
                        " --version",
                        " detect --help",
                        " dataset check --annotations " + folder.resolve("a.json"))) {
            Ended ended = fern("%s >/dev/full", arguments);
            assertThat(ended.status()).as(arguments).isEqualTo(1);
            assertThat(ended.errors())
                    .singleElement()
                    .asString()
                    .startsWith("fern: standard output");
        }
    }

    @Test
    void aReaderThatWantsNoMoreIsNone() throws Exception {
        // The reader has gone before anything is written.
        Ended ended = fern("{ sleep 0.5; %s; } | true", " --help");
        assertThat(ended.status()).isZero();
        assertThat(ended.errors()).isEmpty();
    }

    @Test
    void aLimitOfOpenFilesThatIsTooLowForFernsOwnIsNamed() throws Exception {
        StringBuilder classPath = new StringBuilder();
        int classes = 0;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path)) {
                path = jar(path, folder.resolve(classes++ + ".jar"));
            }
            classPath.append(path).append(File.pathSeparator);
        }
        for (int limit : new int[] {12, 20}) {
            Ended ended =
                    run(
                            "ulimit -n " + limit + "; exec %s",
                            classPath.toString(),
                            Fern.class.getName(),
                            " detect --model a b");
            assertThat(ended.status()).isEqualTo(1);
            assertThat(ended.errors())
                    .singleElement()
                    .asString()
                    .isEqualTo(
                            "fern: too many open files; raise the limit of open files (ulimit -n)");
        }
    }

    private static Path jar(Path classes, Path jar) throws IOException {
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                Files.copy(file, out);
            }
        }
        return jar;
    }

    @Test
    void anImageThatCanNotBeOpenedForLackOfDescriptorsIsNoBadImage() throws Exception {
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 3);
        Path out = folder.resolve("out");
        Ended ended =
                run(
                        "ulimit -n 256; %s >" + out,
                        System.getProperty("java.class.path"),
                        Readers.class.getName(),
                        " " + folder);
        assertThat(ended.status()).as(ended.errors().toString()).isZero();
        assertThat(Files.readAllLines(out))
                .hasSize(3)
                .allSatisfy(
                        line ->
                                assertThat(line)
                                        .matches(
                                                "1 .*00000\\d\\.jpg: Too many open files;"
                                                        + " raise .*"));
    }

    /** Reads images in the three ways in which some may be left out, without a file to spare. */
    static final class Readers {

        /** Something that reads images. */
        private interface Reading {
            void read() throws IOException, InterruptedException;
        }

        public static void main(String[] arguments) throws Exception {
            Path folder = Path.of(arguments[0]);
            CocoDataset coco = CocoDataset.read(folder.resolve("annotations/instances_train.json"));
            ImageFolder images = new ImageFolder(folder.resolve("train"));
            ImageReader reader = ImageReader.standard();
            List<Path> files =
                    coco.images().stream()
                            .map(image -> images.root().resolve(image.fileName()))
                            .toList();
            BatchPlan plan =
                    BatchSampler.sequential(
                            DetectionDataset.of(coco, images, reader, true),
                            1,
                            new CanvasRule(64, 64));
            List<Reading> readings =
                    List.of(
                            () -> {
                                if (!new ImageFileCheck(images, ImageReader.standard(), true)
                                        .check(coco, () -> {})
                                        .problems()
                                        .isEmpty()) {
                                    throw new IOException("a fault was found");
                                }
                            },
                            () -> DetectionDataset.unlabelled(files, reader, true),
                            () -> load(plan, reader));
            for (Reading reading : readings) {
                reading.read(); // so that all classes and libraries are loaded
            }
            describe(new IOException("Too many open files"));
            List<String> lines = new ArrayList<>();
            List<InputStream> held = new ArrayList<>();
            try {
                while (held.size() < 10_000) {
                    held.add(new FileInputStream("/dev/null"));
                }
            } catch (IOException e) {
                for (Reading reading : readings) {
                    try {
                        reading.read();
                        lines.add("nothing is wrong");
                    } catch (IOException fault) {
                        lines.add(describe(fault));
                    }
                }
            }
            for (InputStream one : held) {
                one.close();
            }
            System.out.write(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
            System.out.flush();
        }

        private static String describe(IOException fault) {
            ErrorReport report = ErrorReport.of(fault, false);
            return report.status() + " " + report.message();
        }

        private static void load(BatchPlan plan, ImageReader reader)
                throws IOException, InterruptedException {
            try (BatchLoader<Batch> loader =
                    new BatchLoader<>(
                            plan,
                            0,
                            new BatchDecoder(reader, PixelNormalization.IMAGENET),
                            UnaryOperator.identity(),
                            new LoaderOptions(1, 1, true))) {
                while (loader.next().isPresent()) {
                    // Only the reading matters.
                }
            }
        }
    }
}
