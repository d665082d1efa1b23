package dev.fern.tools.input;

import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.VisibleText;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The arguments that name images. */
public final class InputImages {

    /** The argument that stands for standard input. */
    public static final Path STANDARD_INPUT = Path.of("-");

    @Parameters(
            arity = "1..*",
            paramLabel = "IMAGE|DIR|GLOB",
            description =
                    "Image files, folders (with their sub-folders), or patterns such as"
                            + " 'shots/*.jpg'. Of folders and patterns, hidden files are left out, and"
                            + " the first bytes of a file tell whether it is an image.")
    private List<String> arguments;

    @Option(names = "--no-recursive", description = "Do not go into the sub-folders of folders.")
    private boolean noRecursive;

    /**
     * A file that an argument names.
     *
     * @param path where it is
     * @param name names it in results, with slashes: the path below the folder, or the fixed part
     *     of the pattern, that the argument names; the file's name if the argument is the file. No
     *     two files have the same name
     */
    public record InputFile(Path path, String name) {}

    /**
     * Finds the files and tells on standard error what was not taken.
     *
     * @return each file once, those of one argument ordered by their paths
     * @throws IOException if a folder can't be read
     * @throws BadInputException if an argument names no image
     */
    public List<Path> find() throws IOException, BadInputException {
        return findNamed().stream().map(InputFile::path).toList();
    }

    /**
     * Finds the files, as {@link #find} does, with their names.
     *
     * @return each file once, those of one argument ordered by their paths
     * @throws IOException if a folder can't be read
     * @throws BadInputException if an argument names no image
     */
    public List<InputFile> findNamed() throws IOException, BadInputException {
        Map<Path, Path> bases = new LinkedHashMap<>();
        for (String argument : arguments) {
            if (argument.isEmpty()) {
                // For Java it is the current folder; for the user, most often, a variable that is
                // not set.
                throw new BadInputException("an argument for images is empty");
            }
            FolderScan found = find(argument);
            if (found.files().isEmpty()) {
                throw new BadInputException(
                        argument
                                + ": no such file, or no image in it"
                                + found.leftOut().map(text -> " (" + text + ")").orElse(""));
            }
            found.leftOut()
                    .ifPresent(text -> System.err.println(VisibleText.of(argument + ": " + text)));
            found.files().forEach(file -> bases.putIfAbsent(file, found.base()));
        }
        return named(bases);
    }

    /**
     * Finds the images of a folder and its sub-folders, as arguments that name folders do.
     *
     * @param folder where to look
     * @return the files, ordered by their paths
     * @throws IOException if the folder can't be read
     * @throws BadInputException if it is no folder or has no image
     */
    public static List<Path> inFolder(Path folder) throws IOException, BadInputException {
        if (!Files.isDirectory(folder)) {
            throw new BadInputException(folder + ": no such folder");
        }
        List<Path> files = FolderScan.of(folder, Integer.MAX_VALUE, file -> true, false).files();
        if (files.isEmpty()) {
            throw new BadInputException(folder + ": no image in it");
        }
        return files;
    }

    private FolderScan find(String argument) throws IOException, BadInputException {
        Path path = null;
        try {
            path = Path.of(argument);
        } catch (InvalidPathException e) {
            // A pattern need not be a path.
            path = null;
        }
        int depth = noRecursive ? 1 : Integer.MAX_VALUE;
        if (path != null && Files.isDirectory(path)) {
            return FolderScan.of(path, depth, file -> true, false);
        }
        if (path != null && (Files.exists(path) || path.equals(STANDARD_INPUT))) {
            return FolderScan.ofFile(path);
        }
        return matches(argument);
    }

    private static FolderScan matches(String pattern) throws IOException, BadInputException {
        int wildcard = 0;
        while (wildcard < pattern.length() && "*?[{".indexOf(pattern.charAt(wildcard)) < 0) {
            wildcard++;
        }
        int separator = pattern.lastIndexOf('/', wildcard);
        Path start = Path.of(separator < 0 ? "" : pattern.substring(0, separator + 1));
        if (wildcard == pattern.length() || !Files.isDirectory(start)) {
            return new FolderScan(start);
        }
        try {
            PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
            String below = pattern.substring(separator + 1);
            int depth = below.contains("**") ? Integer.MAX_VALUE : below.split("/").length;
            boolean hidden = below.startsWith(".") || below.contains("/.");
            return FolderScan.of(start, depth, matcher, hidden);
        } catch (PatternSyntaxException e) {
            throw new BadInputException(
                    pattern + ": not a usable pattern: " + e.getDescription(), e);
        }
    }

    /** Names files relative to their bases or, where two would have one name, by their paths. */
    private static List<InputFile> named(Map<Path, Path> bases) {
        Map<String, Long> uses =
                bases.entrySet().stream()
                        .collect(
                                Collectors.groupingBy(
                                        file -> relative(file.getValue(), file.getKey()),
                                        Collectors.counting()));
        Set<String> taken = new HashSet<>();
        List<InputFile> named = new ArrayList<>();
        bases.forEach(
                (file, base) -> {
                    String name = relative(base, file);
                    if (uses.get(name) > 1) {
                        name = slashed(inside(file));
                    }
                    String free = name;
                    for (int i = 2; !taken.add(free); i++) {
                        free = i + "/" + name;
                    }
                    named.add(new InputFile(file, free));
                });
        return named;
    }

    private static String relative(Path base, Path file) {
        return slashed(base.relativize(file));
    }

    /** Returns a path without its root and without the steps upwards at its beginning. */
    private static Path inside(Path file) {
        Path path = file.normalize();
        path = path.isAbsolute() ? path.getRoot().relativize(path) : path;
        while (path.getNameCount() > 1 && path.getName(0).toString().equals("..")) {
            path = path.subpath(1, path.getNameCount());
        }
        return path;
    }

    private static String slashed(Path path) {
        StringBuilder name = new StringBuilder();
        path.forEach(part -> name.append(name.isEmpty() ? "" : "/").append(part));
        return name.toString();
    }
}
