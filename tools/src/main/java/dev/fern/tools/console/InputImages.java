package dev.fern.tools.console;

import dev.fern.detection.image.ImageFormat;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import picocli.CommandLine.Parameters;

/** The arguments that name images. */
public final class InputImages {

    @Parameters(
            arity = "1..*",
            paramLabel = "IMAGE|DIR|GLOB",
            description =
                    "Image files, folders (without their sub-folders), or patterns such as"
                            + " 'shots/*.jpg'.")
    private List<String> arguments;

    /**
     * Finds the files: those named, the images directly in folders, and those that patterns match.
     *
     * @return each file once, those of one argument ordered by name
     * @throws IOException if a folder can't be read
     * @throws BadInputException if an argument names no image
     */
    public List<Path> find() throws IOException, BadInputException {
        Set<Path> files = new LinkedHashSet<>();
        for (String argument : arguments) {
            if (argument.isEmpty()) {
                // For Java it is the current folder; for the user, most often, a variable that is
                // not set.
                throw new BadInputException("an argument for images is empty");
            }
            List<Path> found = find(argument);
            if (found.isEmpty()) {
                throw new BadInputException(argument + ": no such file, or no image in it");
            }
            files.addAll(found);
        }
        return List.copyOf(files);
    }

    private static List<Path> find(String argument) throws IOException, BadInputException {
        Path path = null;
        try {
            path = Path.of(argument);
        } catch (InvalidPathException e) {
            // A pattern need not be a path.
            path = null;
        }
        if (path != null && Files.isDirectory(path)) {
            return images(path);
        }
        if (path != null && Files.exists(path)) {
            return List.of(path);
        }
        return matches(argument);
    }

    private static List<Path> images(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(InputImages::isImage).sorted().toList();
        }
    }

    private static boolean isImage(Path file) {
        return ImageFormat.isImageName(file) && Files.isRegularFile(file);
    }

    private static List<Path> matches(String pattern) throws IOException, BadInputException {
        int wildcard = 0;
        while (wildcard < pattern.length() && "*?[{".indexOf(pattern.charAt(wildcard)) < 0) {
            wildcard++;
        }
        if (wildcard == pattern.length()) {
            return List.of();
        }
        int separator = pattern.lastIndexOf('/', wildcard);
        Path start = Path.of(separator < 0 ? "" : pattern.substring(0, separator + 1));
        if (!Files.isDirectory(start)) {
            return List.of();
        }
        try {
            PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
            int depth = pattern.contains("**") ? Integer.MAX_VALUE : pattern.split("/").length;
            try (Stream<Path> paths = Files.walk(start, depth)) {
                return paths.filter(p -> matcher.matches(p) && isImage(p)).sorted().toList();
            }
        } catch (PatternSyntaxException e) {
            throw new BadInputException(
                    pattern + ": not a usable pattern: " + e.getDescription(), e);
        }
    }
}
