package dev.fern.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.util.Platform;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One user has planted libraries under the temporary folder, where DJL and JavaCPP look for them
 * when the home can't be written; another, whom the system does not list, runs Fern.
 */
@EnabledOnOs(OS.LINUX)
class PlantedLibraryTest {

    private static final int ATTACKER = 54321;
    private static final int VICTIM = 12345;

    /** Root's, and there. */
    private static final String UNWRITABLE = "/usr";

    @TempDir static Path folder;

    private static Path model;
    private static Path image;
    private static Path temporary;
    private static String classPath;
    private static List<Path> planted;

    private Path work;

    @BeforeAll
    static void plant() throws IOException {
        Path probe = Files.createFile(folder.resolve("probe"));
        try {
            Files.setAttribute(probe, "unix:uid", ATTACKER);
        } catch (FileSystemException e) {
            assumeTrue(false, "only root can take the part of other users");
        }
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "there is no setpriv");
        Files.setAttribute(folder, "unix:mode", 0755);
        makeModelAndImage();
        classPath = copyClassPath();
        temporary = Files.createDirectory(folder.resolve("tmp"));
        Files.setAttribute(temporary, "unix:mode", 01777);
        Platform mxnet = Platform.detectPlatform("mxnet");
        String version = mxnet.getVersion() + "-mkl-" + mxnet.getClassifier();
        planted =
                List.of(
                        temporary.resolve(".djl.ai/mxnet/" + version + "/libmxnet.so"),
                        temporary.resolve(".javacpp-?/cache/" + openCv() + "libopencv_java.so"),
                        temporary.resolve(".javacpp-?/cache/" + openCv() + "libjniopencv_java.so"));
        for (Path library : planted) {
            Files.createDirectories(library.getParent());
            Files.writeString(library, "no library: who loads it fails");
        }
        try (Stream<Path> all = Files.walk(temporary)) {
            for (Path path : all.skip(1).toList()) {
                Files.setAttribute(path, "unix:uid", ATTACKER);
                Files.setAttribute(path, "unix:mode", 0777);
            }
        }
    }

    /** Where JavaCPP keeps OpenCV, below its cache. */
    private static String openCv() {
        String jar =
                Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(path -> new File(path).getName())
                        .filter(name -> name.matches("opencv-.*-linux-x86_64\\.jar"))
                        .findFirst()
                        .orElseThrow();
        return jar + "/org/bytedeco/opencv/linux-x86_64/";
    }

    private static void makeModelAndImage() throws IOException {
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 1);
        try (Stream<Path> images = Files.list(folder.resolve("train"))) {
            image = images.findFirst().orElseThrow();
        }
        JsonObject settings =
                JsonParser.parseString(
                                """
                                {"width": 0.125, "pyramidChannels": 8, "headConvolutions": 1,
                                 "minSize": 64, "maxSize": 64}
                                """)
                        .getAsJsonObject();
        model = folder.resolve("model");
        try (Detector detector =
                TrainingConfiguration.of(List.of(settings))
                        .newDetector(List.of(new CocoCategory(5, "thing", "")))) {
            ModelDirectory.write(model, detector.configuration(), detector.copyParameters());
        }
    }

    /** Copies the class path to where the victim can read it. */
    private static String copyClassPath() throws IOException {
        List<String> copies = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path from = Path.of(entry);
            if (!Files.exists(from) || from.getFileName().toString().startsWith("pytorch-native")) {
                continue;
            }
            Path parent = Files.createDirectories(folder.resolve("classes/" + copies.size()));
            Path to = parent.resolve(from.getFileName());
            try (Stream<Path> files = Files.walk(from)) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    Files.copy(file, to.resolve(from.relativize(file).toString()));
                }
            }
            copies.add(to.toString());
        }
        return String.join(File.pathSeparator, copies);
    }

    /** Uses Fern as a library does, and prints the libraries of the process. */
    static final class Program {

        private Program() {}

        public static void main(String[] arguments) throws IOException {
            try (Detector detector = Detector.load(Path.of(arguments[0]), "MXNet");
                    BgrImage image = ImageReader.standard().read(Path.of(arguments[1]));
                    Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
                detector.detect(image);
                maps.filter(line -> line.contains(".so"))
                        .map(line -> line.substring(line.indexOf('/')))
                        .distinct()
                        .forEach(System.out::println);
            }
        }
    }

    @BeforeEach
    void makeWorkFolder(@TempDir Path fresh) throws IOException {
        work = fresh;
        Files.setAttribute(work, "unix:uid", VICTIM);
    }

    /**
     * Runs a class as the victim in a folder of its own and returns what it prints.
     *
     * @param home what Java takes for the victim's home
     */
    private List<String> run(String home, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "/usr/bin/setpriv",
                                "--reuid=" + VICTIM,
                                "--regid=" + VICTIM,
                                "--clear-groups",
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Duser.home=" + home,
                                "-Djava.io.tmpdir=" + temporary,
                                "-Dai.djl.offline=true",
                                "-cp",
                                classPath,
                                main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(work.toFile()).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment
                .keySet()
                .removeAll(List.of("HOME", "XDG_CACHE_HOME", "DJL_CACHE_DIR", "ENGINE_CACHE_DIR"));
        Process process = builder.start();
        List<String> lines = process.inputReader().lines().toList();
        assertThat(process.waitFor()).as(String.join("\n", lines)).isZero();
        return lines;
    }

    private void assertNothingIsLeft() {
        assertThat(work).as("the current folder").isEmptyDirectory();
        assertThat(temporary)
                .isDirectoryNotContaining(path -> path.getFileName().toString().startsWith("fern"));
        assertThat(planted).allSatisfy(file -> assertThat(file).content().startsWith("no library"));
    }

    @ParameterizedTest
    @ValueSource(strings = {UNWRITABLE, "?"})
    void theCommandLineLoadsNoneOfThem(String home) throws Exception {
        List<String> found =
                run(
                        home,
                        Fern.class,
                        "detect",
                        "--model=" + model,
                        "--score-threshold=0",
                        image.toString());
        assertThat(found).isNotEmpty();
        assertNothingIsLeft();
    }

    @Test
    void aProgramThatUsesTheLibraryLoadsNoneOfThem() throws Exception {
        List<String> libraries = run(UNWRITABLE, Program.class, model.toString(), image.toString());
        assertThat(libraries)
                .anyMatch(path -> path.endsWith("/libmxnet.so"))
                .anyMatch(path -> path.endsWith("/libopencv_java.so"))
                .filteredOn(path -> path.startsWith(temporary.toString()))
                .allMatch(path -> path.matches(temporary + "/fern-[0-9]+/.*"));
        assertNothingIsLeft();
    }
}
