package dev.fern.backbone.host;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds libtorch below a folder that a user names, in the ways in which it is installed. */
final class LibTorchSearch {

    private static final String TORCH = System.mapLibraryName("torch");
    private static final String TORCH_CPU = System.mapLibraryName("torch_cpu");
    private static final String TORCH_CUDA = System.mapLibraryName("torch_cuda");

    /** Where the libraries lie below a folder that a user may name. */
    private static final List<String> BELOW =
            List.of(
                    "",
                    "lib",
                    "torch/lib",
                    "lib/python*/site-packages/torch/lib",
                    "pytorch/*/*"); // what DJL's jars hold

    private static final Pattern PYTHON_VERSION =
            Pattern.compile("^__version__ *= *'([^']+)'", Pattern.MULTILINE);

    private LibTorchSearch() {}

    /**
     * Finds a libtorch.
     *
     * @param setting what names the folders, for the message
     * @param value the folders, as a list of paths
     * @return the first of them; not checked further
     * @throws IllegalArgumentException in one line, if there is none
     */
    static LibTorch find(String setting, String value) {
        String[] folders = value.split(Pattern.quote(File.pathSeparator));
        for (String folder : folders) {
            Path named = Path.of(folder);
            for (String below : BELOW) {
                Optional<Path> libraries = match(named, below);
                if (libraries.isPresent()) {
                    return of(libraries.get());
                }
            }
        }
        throw new IllegalArgumentException(
                String.format(
                        "%s: %s%s; name the folder of a libtorch, of Python's package torch, or of"
                                + " a Python environment that has it",
                        setting,
                        value,
                        Files.exists(Path.of(folders[0]))
                                ? " has no " + TORCH_CPU + ", nor have lib and torch/lib in it"
                                : " is not there"));
    }

    /** Returns the first folder below another that has libtorch, by a pattern of its path. */
    private static Optional<Path> match(Path start, String pattern) {
        List<Path> folders = List.of(start);
        for (String name : pattern.split("/")) {
            folders = folders.stream().flatMap(folder -> children(folder, name)).toList();
        }
        return folders.stream()
                .filter(folder -> Files.isRegularFile(folder.resolve(TORCH_CPU)))
                .filter(folder -> Files.isRegularFile(folder.resolve(TORCH)))
                .findFirst();
    }

    /**
     * Returns the children of a folder whose names fit a pattern, in order; it may not be there.
     */
    static Stream<Path> children(Path folder, String name) {
        if (!name.contains("*")) {
            return Stream.of(folder.resolve(name));
        }
        List<Path> children = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, name)) {
                found.forEach(children::add);
            } catch (IOException | DirectoryIteratorException e) {
                throw new IllegalArgumentException(folder + " can't be read: " + e, e);
            }
        }
        return children.stream().sorted();
    }

    private static LibTorch of(Path libraries) {
        try {
            Path real = libraries.toRealPath();
            return new LibTorch(
                    real, installedVersion(real), Files.isRegularFile(real.resolve(TORCH_CUDA)));
        } catch (IOException e) {
            throw new IllegalArgumentException(libraries + " can't be read: " + e, e);
        }
    }

    /** Returns what libtorch's, Python's or DJL's own file of the version says, if there is one. */
    private static String installedVersion(Path libraries) throws IOException {
        Path above = libraries.getParent();
        if (above == null) {
            return "";
        }
        Path libTorch = above.resolve("build-version");
        if (Files.isRegularFile(libTorch)) {
            return Files.readString(libTorch).strip();
        }
        Path python = above.resolve("version.py");
        if (Files.isRegularFile(python)) {
            Matcher found = PYTHON_VERSION.matcher(Files.readString(python));
            return found.find() ? found.group(1) : "";
        }
        Path djl = libraries.resolve("../../../native/lib/pytorch.properties");
        if (Files.isRegularFile(djl)) {
            try (InputStream in = Files.newInputStream(djl)) {
                return version(in, "version");
            }
        }
        return "";
    }

    /** Returns a version of DJL's, such as 2.7.1 of 2.7.1-0.36.0 or of 2.7.1-20250812. */
    static String version(InputStream in, String name) throws IOException {
        Properties properties = new Properties();
        properties.load(in);
        return properties.getProperty(name, "").replaceFirst("-.*", "");
    }

    /** Returns whether DJL, which looks into the folders that are named alone, finds the same. */
    static boolean finds(String value, LibTorch found) {
        return Stream.of(value.split(Pattern.quote(File.pathSeparator)))
                .map(entry -> match(Path.of(entry), ""))
                .flatMap(Optional::stream)
                .findFirst()
                .filter(folder -> of(folder).equals(found))
                .isPresent();
    }
}
