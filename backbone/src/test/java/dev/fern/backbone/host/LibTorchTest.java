package dev.fern.backbone.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The libtorch that DJL packs for the processor, in the places where people have theirs. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class LibTorchTest {

    private static final String JAR = "pytorch/cpu/linux-x86_64/";
    private static final List<String> LIBRARIES =
            List.of("libtorch.so", "libtorch_cpu.so", "libc10.so", "libgomp-98b21ff3.so.1");

    /** What CUDA answers where there is no GPU. */
    private static final int NO_DEVICE = 100;

    @TempDir static Path shared;

    private static Path unpacked;

    @TempDir Path folder;

    @BeforeAll
    static void unpack() throws IOException {
        assumeTrue(resource(JAR + "libtorch.so") != null, "no PyTorch on the class path");
        unpacked = Files.createDirectories(shared.resolve("unpacked"));
        for (String library : LIBRARIES) {
            copy(JAR + library, unpacked.resolve(library));
        }
    }

    private static InputStream resource(String name) {
        return LibTorchTest.class.getClassLoader().getResourceAsStream(name);
    }

    private static void copy(String resource, Path file) throws IOException {
        try (InputStream in = resource(resource)) {
            Files.copy(in, file);
        }
    }

    /** Makes a folder with the libraries, without copying half a gigabyte. */
    private Path install(String below) throws IOException {
        Path libraries = Files.createDirectories(folder.resolve(below));
        for (String library : LIBRARIES) {
            Files.createLink(libraries.resolve(library), unpacked.resolve(library));
        }
        return libraries;
    }

    private static LibTorch named(Path path) {
        return LibTorch.require(new LibTorch.Setting("--libtorch", path.toString()), null);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lib",
                "torch/lib",
                "lib/python3.12/site-packages/torch/lib",
                "pytorch/cpu/linux-x86_64"
            })
    void aLibTorchIsFoundByTheFoldersAboveItToo(String below) throws IOException {
        Path libraries = install(below);
        LibTorch expected = new LibTorch(libraries.toRealPath(), "", false);
        assertThat(named(folder)).isEqualTo(expected);
        assertThat(named(libraries)).isEqualTo(expected);
    }

    @Test
    void whatItsFilesSayOfTheVersionIsRead() throws IOException {
        install("lib");
        Path libTorch = Files.writeString(folder.resolve("build-version"), "2.7.1+cpu\n");
        assertThat(named(folder).version()).isEqualTo("2.7.1+cpu");
        Files.delete(libTorch);
        Files.writeString(folder.resolve("version.py"), "debug = 1\n__version__ = '2.7.1'\n");
        assertThat(named(folder).version()).isEqualTo("2.7.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.6.0+cu124", "2.7.0", "2.7.10", "2.11.0+cu130"})
    void anotherVersionIsRefused(String version) throws IOException {
        install("torch/lib");
        Files.writeString(folder.resolve("torch/version.py"), "__version__ = '" + version + "'");
        assertRefused(folder, "torch/lib is " + version, "DJL's bridge to it is for 2.7.1");
    }

    private static void assertRefused(Path path, String... parts) {
        assertThatThrownBy(() -> named(path))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(parts)
                .hasMessageStartingWith("--libtorch: ")
                .hasMessageNotContaining("\n");
    }

    @Test
    void aFolderWithoutLibTorchIsRefused() throws IOException {
        assertRefused(folder, folder + " has no libtorch_cpu.so");
        assertRefused(folder.resolve("none"), "none is not there");
        Path libraries = install("lib");
        Files.delete(libraries.resolve("libtorch_cpu.so"));
        assertRefused(folder, "has no libtorch_cpu.so");
    }

    @Test
    void librariesOfAnotherVersionAreRefusedByTheirFunctions() throws IOException {
        Path libraries = install("lib");
        Files.delete(libraries.resolve("libtorch_cpu.so"));
        copy(JAR + "libc10.so", libraries.resolve("libtorch_cpu.so"));
        assertRefused(folder, "does not fit DJL's bridge for 2.7.1: it lacks", "such as _Z");
    }

    @Test
    void filesThatAreNoLibrariesAreRefused() throws IOException {
        Path cuda = Files.writeString(install("lib").resolve("libtorch_cuda.so"), "x".repeat(99));
        assertRefused(folder, "libtorch_cuda.so: it is no library of 64 bits");
        byte[] library = Files.readAllBytes(unpacked.resolve("libc10.so"));
        Files.write(cuda, Arrays.copyOf(library, library.length / 2));
        assertRefused(folder, "libtorch_cuda.so: it is cut off");
    }

    @Test
    void twoPlacesThatDifferAreRefused() throws IOException {
        Path libraries = install("lib");
        var option = new LibTorch.Setting("--libtorch", folder.toString());
        assertThatThrownBy(() -> LibTorch.require(option, unpacked.toString()))
                .hasMessage(
                        "--libtorch and PYTORCH_LIBRARY_PATH name different folders; unset"
                                + " PYTORCH_LIBRARY_PATH");
        assertThat(LibTorch.require(option, libraries.toString())).isEqualTo(named(folder));
        var djl = new LibTorch.Setting("PYTORCH_LIBRARY_PATH", folder.toString());
        assertThatThrownBy(() -> LibTorch.require(djl, folder.toString()))
                .hasMessage(
                        "PYTORCH_LIBRARY_PATH must name the folder of libtorch itself: "
                                + libraries.toRealPath());
    }

    /** Computes on the processor with the libtorch that is named, and asks for GPUs. */
    static final class Program {

        private Program() {}

        public static void main(String[] arguments) throws IOException {
            Device automatic = Devices.of("auto", "PyTorch").get(0);
            try (NDManager manager = EngineBridge.newManager("PyTorch", automatic);
                    NDArray values = manager.arange(5f)) {
                System.out.println(automatic + " " + values.sum().getFloat());
            }
            try (var maps = Files.lines(Path.of("/proc/self/maps"))) {
                maps.filter(line -> line.matches(".*/lib(torch|c10|cudart|shm)[^/]*"))
                        .map(line -> line.substring(line.indexOf('/')))
                        .distinct()
                        .forEach(System.out::println);
            }
            try {
                Devices.of("gpu", "PyTorch");
            } catch (IllegalArgumentException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    private String run(Path named) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-D" + LibTorch.FOLDER + "=" + named,
                                "-cp",
                                System.getProperty("java.class.path"),
                                Program.class.getName())
                        .redirectErrorStream(true)
                        .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(out).isZero();
        return out;
    }

    @Test
    void theNamedOneComputesAndSaysWhyItSeesNoGpu() throws Exception {
        Path libraries = install("torch/lib");
        Files.writeString(libraries.resolve("libshm.so"), "needs Python; not to be loaded");
        assertThat(run(folder))
                .contains("cpu() 10.0\n", libraries.toRealPath() + "/libtorch_cpu.so\n")
                .contains("sees no GPU: the libtorch in " + libraries.toRealPath())
                .contains("is for the processor alone; name one with CUDA\n");
    }

    /** Only what is new in a libtorch with CUDA is made up here: it does nothing. */
    @ParameterizedTest
    @ValueSource(strings = {"nvidia/cuda_runtime/lib/libcudart.so.12", "torch/lib/libcudart-a.so"})
    void oneWithCudaRunsWhereThereIsNoDriverAndSaysSo(String cudart) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/cc")), "no compiler for C");
        assumeTrue(!Files.exists(Path.of("/dev/nvidiactl")), "there is a driver");
        Path libraries = install("site-packages/torch/lib");
        Path packages = folder.resolve("site-packages");
        Path runtime = packages.resolve(cudart);
        Files.createDirectories(runtime.getParent());
        compile(runtime, Map.of("cudaGetDeviceCount", NO_DEVICE, "cudaGetErrorString", 0));
        compile(libraries.resolve("libc10_cuda.so"), Map.of());
        Set<String> functions = functionsOfCuda();
        assertThat(functions).hasSizeGreaterThan(10);
        compile(
                libraries.resolve("libtorch_cuda.so"),
                functions.stream().collect(Collectors.toMap(name -> name, name -> 0)));
        assertThat(run(packages))
                .contains("libtorch has CUDA, but runs on the processor: NVIDIA's driver is not")
                .contains("cpu() 10.0\n", libraries.toRealPath() + "/libtorch_cuda.so\n")
                .contains("sees no GPU: NVIDIA's driver is not here")
                .contains(runtime.toRealPath() + "\n");
    }

    /** Returns what DJL's bridge to a libtorch with CUDA calls, and one without does not have. */
    private Set<String> functionsOfCuda() throws IOException {
        Path bridge = folder.resolve("libdjl_torch.so");
        copy("jnilib/linux-x86_64/cu128/libdjl_torch.so", bridge);
        Set<String> functions = new TreeSet<>();
        visit(bridge, (name, isDefined) -> functions.add(name));
        functions.removeIf(name -> !name.matches("_Z.*(2at|3c10|5torch).*|cuda.*"));
        visit(bridge, (name, isDefined) -> keepIf(!isDefined, functions, name));
        for (String library : LIBRARIES) {
            visit(
                    unpacked.resolve(library),
                    (name, isDefined) -> keepIf(!isDefined, functions, name));
        }
        return functions;
    }

    private static void keepIf(boolean isKept, Set<String> names, String name) {
        if (!isKept) {
            names.remove(name);
        }
    }

    private static void visit(Path library, ElfSymbols.Visitor visitor) throws IOException {
        try (SeekableByteChannel file = Files.newByteChannel(library)) {
            ElfSymbols.visit(file, visitor);
        }
    }

    /** Makes a library whose functions return a number each. */
    private void compile(Path library, Map<String, Integer> functions)
            throws IOException, InterruptedException {
        StringBuilder source = new StringBuilder("int unused;\n");
        int number = 0;
        for (Map.Entry<String, Integer> function : functions.entrySet()) {
            String name = "f" + number++;
            source.append(
                    String.format(
                            "int %s(void) __asm__(\"%s\");%nint %s(void) { return %d; }%n",
                            name, function.getKey(), name, function.getValue()));
        }
        Path file = Files.writeString(folder.resolve("functions.c"), source);
        List<String> command = new ArrayList<>(List.of("/usr/bin/cc", "-shared", "-fPIC"));
        command.addAll(List.of("-Wl,-soname," + library.getFileName(), "-o", library.toString()));
        command.add(file.toString());
        Process compiler = new ProcessBuilder(command).inheritIO().start();
        assertThat(compiler.waitFor()).isZero();
    }
}
