package dev.fern.tools.serve;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;

/**
 * The launcher of the archive with the classes of this build: Fern with what it sets for memory.
 */
final class InstalledFern {

    private static final Path LAUNCHER = Path.of("../distribution/src/main/bin/fern");

    private InstalledFern() {}

    /**
     * Installs Fern.
     *
     * @param folder is made and receives the installation
     * @param javaOptions what a user would set as {@code FERN_JAVA_OPTIONS}
     * @param arguments of {@code fern}
     * @return the process, not yet started
     */
    static ProcessBuilder process(Path folder, String javaOptions, List<String> arguments)
            throws IOException {
        Path launcher = Files.createDirectories(folder.resolve("bin")).resolve("fern");
        Files.copy(LAUNCHER, launcher);
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.put(Attributes.Name.MAIN_CLASS, "dev.fern.tools.Fern");
        attributes.put(
                Attributes.Name.CLASS_PATH,
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(part -> Path.of(part).toUri().toString())
                        .collect(Collectors.joining(" ")));
        Path jar = Files.createDirectories(folder.resolve("lib")).resolve("fern.jar");
        try (OutputStream out = Files.newOutputStream(jar)) {
            new JarOutputStream(out, manifest).close();
        }
        List<String> command = new ArrayList<>(List.of("bash", launcher.toString()));
        command.addAll(arguments);
        ProcessBuilder process = new ProcessBuilder(command);
        process.environment().put("JAVA_HOME", System.getProperty("java.home"));
        process.environment().put("FERN_JAVA_OPTIONS", javaOptions);
        return process;
    }
}
