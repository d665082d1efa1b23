package dev.fern.tools.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonParser;
import dev.fern.tools.CommandRun;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fern without PyTorch's native library on its class path, and an installed libtorch: what DJL's
 * jar of it holds, unpacked.
 */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class LibTorchOptionTest {

    @TempDir static Path folder;

    private static Path libTorch;
    private static String classPath;

    @BeforeAll
    static void unpack() throws IOException {
        List<String> entries =
                List.of(System.getProperty("java.class.path").split(File.pathSeparator));
        Optional<String> jar =
                entries.stream().filter(entry -> entry.contains("pytorch-native-cpu")).findFirst();
        assumeTrue(jar.isPresent(), "no PyTorch on the class path");
        classPath =
                entries.stream()
                        .filter(entry -> !entry.equals(jar.get()))
                        .collect(Collectors.joining(File.pathSeparator));
        libTorch = folder.resolve("libtorch");
        try (JarFile packed = new JarFile(jar.get())) {
            for (JarEntry entry : (Iterable<JarEntry>) packed.stream()::iterator) {
                Path file = libTorch.resolve(entry.getName()).normalize();
                assertThat(file).startsWithRaw(libTorch);
                if (!entry.isDirectory()) {
                    Files.createDirectories(file.getParent());
                    try (InputStream in = packed.getInputStream(entry)) {
                        Files.copy(in, file);
                    }
                }
            }
        }
        new ShapesSynthesizer(64, 64, 5).write(folder, Split.TRAIN, 2);
    }

    private record Ended(int status, String out) {}

    private static Ended run(String... arguments) throws IOException, InterruptedException {
        Process process =
                FernProcess.of(List.of(), classPath, List.of(arguments))
                        .redirectErrorStream(true)
                        .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), out);
    }

    private static String[] with(String[] arguments, String... more) {
        String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        return all;
    }

    @Test
    void aModelIsTrainedByItAndFindsWhatItFindsOnTheOtherEngine() throws Exception {
        Path run = folder.resolve("run");
        String[] train = {
            "train",
            "--train-annotations=" + folder.resolve("annotations/instances_train.json"),
            "--train-images=" + folder.resolve("train"),
            "--width=0.125",
            "--set=pyramidChannels=8",
            "--set=headConvolutions=1",
            "--min-size=64",
            "--max-size=64",
            "--steps=2",
            "--engine=PyTorch",
            "--output=" + run
        };
        Ended without = run(train);
        assertThat(without.status).as(without.out).isEqualTo(2);
        assertThat(without.out)
                .contains("engine 'PyTorch' lacks its native library: name an installed libtorch");
        Ended trained = run(with(train, "--libtorch=" + libTorch));
        assertThat(trained.status).as(trained.out).isZero();
        Path found = folder.resolve("pytorch.json");
        String[] detect = {
            "detect",
            "--model=" + run.resolve("last"),
            "--score-threshold=0",
            "--json",
            found.toString(),
            folder.resolve("train").toString()
        };
        Ended detected = run(with(detect, "--engine=PyTorch", "--libtorch=" + libTorch));
        assertThat(detected.status).as(detected.out).isZero();
        Path expected = folder.resolve("mxnet.json");
        detect[4] = expected.toString();
        assertThat(CommandRun.of(detect).status()).isZero();
        assertThat(JsonParser.parseString(Files.readString(expected)).getAsJsonArray())
                .isNotEmpty()
                .isEqualTo(JsonParser.parseString(Files.readString(found)));
    }

    @Test
    void theDoctorTellsWhereItIs() throws Exception {
        Ended probe = run("doctor", "--probe=PYTORCH", "--libtorch=" + libTorch);
        assertThat(probe.status).as(probe.out).isZero();
        assertThat(probe.out)
                .contains("\"version\":\"2.7.1\"", libTorch.toRealPath() + "/pytorch/cpu");
    }

    @Test
    void aGpuThatItCannotUseIsRefusedWithTheReason() throws Exception {
        Ended refused =
                run(
                        "benchmark",
                        "detect",
                        "--engine=PyTorch",
                        "--devices=gpu",
                        "--libtorch=" + libTorch);
        assertThat(refused.status).as(refused.out).isEqualTo(2);
        assertThat(refused.out)
                .contains("sees no GPU: the libtorch in ")
                .endsWith("is for the processor alone; name one with CUDA\n");
    }

    @Test
    void anotherVersionIsRefusedInOneLineBeforeItIsLoaded() throws Exception {
        Path other = folder.resolve("other");
        Path libraries = Files.createDirectories(other.resolve("torch/lib"));
        for (String library : List.of("libtorch.so", "libtorch_cpu.so")) {
            Files.createLink(
                    libraries.resolve(library),
                    libTorch.resolve("pytorch/cpu/linux-x86_64").resolve(library));
        }
        Files.writeString(other.resolve("torch/version.py"), "__version__ = '2.6.0+cu124'\n");
        Ended refused =
                run("benchmark", "detect", "--engine=PyTorch", "--libtorch", other.toString());
        assertThat(refused.status).isEqualTo(2);
        assertThat(refused.out)
                .isEqualTo(
                        "fern: --libtorch: the libtorch in "
                                + libraries.toRealPath()
                                + " is 2.6.0+cu124, but DJL's bridge to it is for 2.7.1;"
                                + " install that version\n");
        assertThat(run("benchmark", "detect", "--libtorch", other.toString()).out)
                .isEqualTo("fern: --libtorch is for --engine PyTorch, not for MXNet\n");
    }
}
