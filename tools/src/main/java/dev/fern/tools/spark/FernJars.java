package dev.fern.tools.spark;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Collectors;

/**
 * What Fern is made of: its class path without the binding of its log, since Spark has one.
 *
 * @param entries jars, and folders of classes in a build
 */
record FernJars(List<Path> entries) {

    /** Returns those of this process. */
    static FernJars ofThisProcess() throws IOException {
        List<Path> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry).toAbsolutePath();
            List<Path> named = ofManifest(path);
            entries.addAll(named.isEmpty() ? List.of(path) : named);
        }
        entries.removeIf(path -> path.getFileName().toString().startsWith("slf4j-"));
        return new FernJars(List.copyOf(entries));
    }

    /** Returns the jars that the manifest of a jar names; empty if it names none. */
    private static List<Path> ofManifest(Path jar) throws IOException {
        if (!Files.isRegularFile(jar)) {
            return List.of();
        }
        try (JarFile file = new JarFile(jar.toFile())) {
            String names =
                    file.getManifest() == null
                            ? null
                            : file.getManifest()
                                    .getMainAttributes()
                                    .getValue(Attributes.Name.CLASS_PATH);
            List<Path> paths = new ArrayList<>();
            for (String name : names == null ? new String[0] : names.strip().split("\\s+")) {
                URI uri = jar.toUri().resolve(name);
                if (uri.getScheme().equals("file") && Files.exists(Path.of(uri))) {
                    paths.add(Path.of(uri));
                }
            }
            return paths;
        }
    }

    /** Returns the jar, or folder, with the entry class of the command line. */
    Path main() {
        return entries.stream()
                .filter(path -> path.getFileName().toString().startsWith("fern-tools"))
                .findFirst()
                .orElse(entries.get(0));
    }

    /** Returns the jars as Spark's settings take them. */
    String list() {
        return entries.stream()
                .filter(Files::isRegularFile)
                .map(Path::toString)
                .collect(Collectors.joining(","));
    }
}
