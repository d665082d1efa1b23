package dev.fern.backbone.host;

import ai.djl.util.ClassLoaderUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * PyTorch's native library as the user has installed it, such as one with CUDA: an unpacked
 * libtorch, or that of a Python. It is named by {@link #FOLDER} or by DJL's setting {@code
 * PYTORCH_LIBRARY_PATH}, and checked before it is loaded, since one of another version would end
 * the process in the middle of its work.
 *
 * @param libraries the folder with {@code libtorch_cpu.so}, without links
 * @param version such as {@code 2.7.1+cu128}, as its files say; empty if they do not say it
 * @param hasCuda whether it can compute on GPUs of NVIDIA
 */
public record LibTorch(Path libraries, String version, boolean hasCuda) {

    /**
     * Name of the system property for the folder of an installed libtorch: the one with its
     * libraries, one above it, or that of a Python environment. {@code fern --libtorch} sets it.
     */
    public static final String FOLDER = "fern.libtorch";

    private static final String DJL_FOLDER = "PYTORCH_LIBRARY_PATH";
    private static final String OPTION = "--libtorch";

    private static final String BRIDGE = System.mapLibraryName("djl_torch");

    /** What DJL must load itself; these bring along the rest by what they are linked to. */
    private static final Set<String> LOADED =
            Stream.of("c10", "c10_cuda", "torch_cpu", "torch_cuda", "torch")
                    .map(System::mapLibraryName)
                    .collect(Collectors.toUnmodifiableSet());

    /** DJL's name of the CUDA that its bridge is built for. */
    private static final String CUDA_FLAVOR = "cu128";

    /** The namespaces of PyTorch in the names that C++ compilers make. */
    private static final Pattern TORCH_SYMBOL = Pattern.compile("_Z.*(2at|3c10|5torch).*");

    private static final String JNA_PATH = "jna.library.path";

    /** What the drivers of Linux and of Windows' Linux show. */
    private static final Path[] DRIVER = {Path.of("/dev/nvidiactl"), Path.of("/dev/dxg")};

    /** The one that this process uses, once it has been checked. */
    private static LibTorch used;

    /** {@return whether the user has named an installed libtorch, whatever is there} */
    static boolean isNamed() {
        return setting().isPresent();
    }

    /** What names a folder, for messages, and the folder. */
    record Setting(String name, String value) {}

    private static Optional<Setting> setting() {
        return Stream.of(
                        new Setting(OPTION, System.getProperty(FOLDER)),
                        new Setting(DJL_FOLDER, System.getenv(DJL_FOLDER)),
                        new Setting(DJL_FOLDER, System.getProperty(DJL_FOLDER)))
                .filter(setting -> setting.value != null && !setting.value.isEmpty())
                .findFirst();
    }

    /**
     * Finds the installed libtorch that the user has named, and checks that it can be loaded.
     * Nothing is loaded.
     *
     * @return the libtorch; empty if none is named, where PyTorch comes from the class path
     * @throws IllegalArgumentException in one line, naming the folder, if there is no libtorch of
     *     the version that DJL's bridge is built for
     */
    public static synchronized Optional<LibTorch> named() {
        if (used == null && isNamed()) {
            used = require(setting().orElseThrow(), System.getenv(DJL_FOLDER));
        }
        return Optional.ofNullable(used);
    }

    /**
     * Finds and checks a libtorch.
     *
     * @param djl what DJL reads first, whatever else is set; null or empty if it is not set
     */
    static LibTorch require(Setting setting, String djl) {
        LibTorch found = LibTorchSearch.find(setting.name, setting.value);
        if (setting.name.equals(OPTION)
                && djl != null
                && !djl.isEmpty()
                && !LibTorchSearch.find(DJL_FOLDER, djl).equals(found)) {
            throw new IllegalArgumentException(
                    OPTION + " and " + DJL_FOLDER + " name different folders; unset " + DJL_FOLDER);
        }
        if (setting.name.equals(DJL_FOLDER) && !LibTorchSearch.finds(setting.value, found)) {
            throw new IllegalArgumentException(
                    DJL_FOLDER + " must name the folder of libtorch itself: " + found.libraries);
        }
        found.requireFit(setting.name);
        return found;
    }

    /** Throws an IllegalArgumentException if DJL could not load this. */
    private void requireFit(String setting) {
        String named = setting + ": the libtorch in " + libraries;
        try {
            Path own = libraries.resolve(BRIDGE);
            if (Files.isRegularFile(own)) {
                requireSymbols(named, own, own.toString());
                return;
            }
            URL properties = ClassLoaderUtils.getResource("jnilib/pytorch.properties");
            URL bridge =
                    ClassLoaderUtils.getResource(
                            "jnilib/"
                                    + InstalledEngines.platform()
                                    + "/"
                                    + flavor()
                                    + "/"
                                    + BRIDGE);
            if (properties == null || bridge == null) {
                throw new IllegalArgumentException(
                        String.format(
                                "%s can't be used: DJL has no bridge to it for %s with %s on the"
                                        + " class path (ai.djl.pytorch:pytorch-jni)",
                                named, InstalledEngines.platform(), flavor()));
            }
            String wanted;
            try (InputStream in = properties.openStream()) {
                wanted = LibTorchSearch.version(in, "jni_version");
            }
            if (!version.isEmpty() && !version.matches(Pattern.quote(wanted) + "([+].*)?")) {
                throw new IllegalArgumentException(
                        String.format(
                                "%s is %s, but DJL's bridge to it is for %s; install that version",
                                named, version, wanted));
            }
            Path copy = Files.createTempFile("fern-", BRIDGE);
            try (InputStream in = bridge.openStream()) {
                Files.copy(in, copy, StandardCopyOption.REPLACE_EXISTING);
                requireSymbols(named, copy, wanted);
            } finally {
                Files.delete(copy);
            }
        } catch (IOException e) {
            throw new IllegalArgumentException(named + " can't be read: " + e.getMessage(), e);
        }
    }

    /**
     * Checks that the libraries have every function of PyTorch's that a bridge calls. The system
     * looks for one when it is first called, and ends the process if it is not there.
     */
    private void requireSymbols(String named, Path bridge, String wanted) throws IOException {
        if (!System.mapLibraryName("").endsWith(".so")) {
            return; // only the format of Linux is read
        }
        Set<String> missing = new TreeSet<>();
        visit(
                bridge,
                (name, isDefined) -> {
                    if (!isDefined && TORCH_SYMBOL.matcher(name).matches()) {
                        missing.add(name);
                    }
                });
        for (String library : LOADED) {
            if (Files.exists(libraries.resolve(library))) {
                visit(
                        libraries.resolve(library),
                        (name, isDefined) -> {
                            if (isDefined) {
                                missing.remove(name);
                            }
                        });
            }
        }
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException(
                    String.format(
                            "%s does not fit DJL's bridge for %s: it lacks %d of its functions,"
                                    + " such as %s",
                            named, wanted, missing.size(), missing.iterator().next()));
        }
    }

    private static void visit(Path library, ElfSymbols.Visitor visitor) throws IOException {
        try (SeekableByteChannel file = Files.newByteChannel(library)) {
            ElfSymbols.visit(file, visitor);
        } catch (IOException e) {
            throw new IOException(library.getFileName() + ": " + e.getMessage(), e);
        }
    }

    private String flavor() {
        return hasCuda ? CUDA_FLAVOR : "cpu";
    }

    /**
     * Checks the libtorch that the user has named, if any, and tells DJL of it. This comes before
     * the engine starts.
     *
     * @throws IllegalArgumentException see {@link #named}
     */
    static void prepare() {
        named().ifPresent(LibTorch::tellDjl);
    }

    private void tellDjl() {
        System.setProperty(DJL_FOLDER, libraries.toString());
        if (!version.isEmpty()) {
            set("PYTORCH_VERSION", version.replaceFirst("[+].*", ""));
        }
        set("PYTORCH_FLAVOR", flavor());
        if (!System.mapLibraryName("").endsWith(".dll")) {
            // Python's folder has libraries that need Python. Windows has no paths in libraries.
            set("PYTORCH_LIBRARY_EXCLUSION", String.join(",", notLoaded()));
        }
    }

    private static void set(String name, String value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, value); // the environment comes first
        }
    }

    private Set<String> notLoaded() {
        try (Stream<Path> files = Files.walk(libraries)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .filter(name -> !LOADED.contains(name))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException | UncheckedIOException e) {
            throw new IllegalArgumentException(libraries + " can't be read: " + e, e);
        }
    }

    /**
     * Tells JNA, by which DJL counts GPUs, where the libcudart of a named libtorch is. This comes
     * before DJL first asks for the platform, since it counts once; where nothing is named or
     * found, the system's loader looks for it.
     */
    static synchronized void showCuda() {
        if (System.getProperty(JNA_PATH) != null) {
            return;
        }
        try {
            Optional<Path> cudart =
                    setting()
                            .map(named -> LibTorchSearch.find(named.name, named.value))
                            .filter(LibTorch::hasCuda)
                            .flatMap(LibTorch::cudart);
            if (cudart.isPresent()) {
                System.setProperty(JNA_PATH, searchable(cudart.get()).toString());
            }
        } catch (IllegalArgumentException | IOException e) {
            return; // whoever starts PyTorch is told
        }
    }

    /**
     * Makes a folder in which JNA finds a library by the very name that it looks for first. By
     * others, such as {@code libcudart.so.12}, it would prefer a later version of the system's.
     */
    private static Path searchable(Path cudart) throws IOException {
        // Not in the cache, which takes no links that lead to other users' files.
        Path folder = Files.createTempDirectory("fern-cudart-");
        folder.toFile().deleteOnExit();
        Path link = folder.resolve(System.mapLibraryName("cudart"));
        Files.createSymbolicLink(link, cudart).toFile().deleteOnExit();
        return folder;
    }

    /** Returns CUDA's runtime: beside libtorch, or where Python's packages of NVIDIA have it. */
    private Optional<Path> cudart() {
        Path packages = libraries.resolve("../../nvidia/cuda_runtime/lib").normalize();
        return Stream.of(libraries, packages)
                .flatMap(folder -> LibTorchSearch.children(folder, "libcudart*.so*"))
                .findFirst();
    }

    /**
     * {@return why PyTorch sees no GPU, as far as can be told} Asked where it sees none.
     *
     * @throws IllegalArgumentException see {@link #named}
     */
    static String whyNoGpu() {
        Optional<LibTorch> torch = named();
        if (torch.isEmpty()) {
            return "the PyTorch that comes with Fern is for the processor alone; name an installed"
                    + " libtorch with CUDA by "
                    + OPTION;
        }
        if (!torch.get().hasCuda) {
            return "the libtorch in "
                    + torch.get().libraries
                    + " is for the processor alone; name one with CUDA";
        }
        if (Files.exists(Path.of("/proc")) && Stream.of(DRIVER).noneMatch(Files::exists)) {
            return "NVIDIA's driver is not here, or not shown to this container; nvidia-smi must"
                    + " list the GPU first";
        }
        return "CUDA finds none; see what nvidia-smi says, and whether its driver is new enough for"
                + " the CUDA of "
                + torch.get().libraries;
    }
}
