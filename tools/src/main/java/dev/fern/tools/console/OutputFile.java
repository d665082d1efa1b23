package dev.fern.tools.console;

import dev.fern.cocoeval.AtomicFile;
import dev.fern.detection.image.ImageFormat;
import dev.fern.detection.model.ModelDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Checks the files that a command is to write, before it begins its work. */
public final class OutputFile {

    private OutputFile() {}

    /**
     * Checks several files that one command is to write: each as {@link #require(Path, List)} does,
     * and that no two are the same.
     *
     * @param outputs the files; null for those that are not wanted
     * @param inputs the files that are read; null for those that are not given
     * @throws IOException naming the first file that can't be written
     * @throws BadInputException naming the first file that is an input, or another output
     */
    public static void requireAll(List<Path> outputs, List<Path> inputs)
            throws IOException, BadInputException {
        Set<Path> seen = new HashSet<>();
        for (Path output : outputs) {
            require(output, inputs);
            if (output != null && !seen.add(place(output))) {
                throw new BadInputException(
                        output + ": would be written twice; give each output a name of its own");
            }
        }
    }

    /** Returns where the file is or will be, with links followed. */
    private static Path place(Path output) throws IOException {
        Path absolute = output.toAbsolutePath();
        return Files.isRegularFile(output)
                ? output.toRealPath()
                : absolute.getParent().toRealPath().resolve(absolute.getFileName());
    }

    /**
     * Checks that a file can be written, and is neither one of those that are read, which it would
     * replace, nor a model's.
     *
     * @param output the file; null if none is to be written
     * @param inputs the files that are read; null for those that are not given
     * @throws IOException naming the file if it can't be written
     * @throws BadInputException naming the file if it is an input or belongs to a model
     */
    public static void require(Path output, List<Path> inputs)
            throws IOException, BadInputException {
        if (output == null) {
            return;
        }
        AtomicFile.requireWritable(output);
        for (Path input : inputs) {
            if (input != null
                    && Files.exists(output)
                    && Files.exists(input)
                    && Files.isSameFile(output, input)) {
                throw new BadInputException(
                        output + ": is read by this command; write to another file");
            }
        }
        if (isOfModel(output)) {
            throw new BadInputException(output + ": belongs to a model; write to another file");
        }
    }

    /** Returns whether a file is one of a model directory, through links too. */
    private static boolean isOfModel(Path output) throws IOException {
        if (!Files.isRegularFile(output)) {
            return false;
        }
        Path file = output.toRealPath();
        List<Path> model = ModelDirectory.files(file.getParent());
        return model.contains(file) && model.stream().allMatch(Files::isRegularFile);
    }

    /**
     * Checks that files do not replace images.
     *
     * @param outputs the files; null for those that are not wanted
     * @param images the folder of the images; null if there is none
     * @throws IOException if a file can't be looked at
     * @throws BadInputException naming the first file that is an image in the folder
     */
    public static void requireNoImages(List<Path> outputs, Path images)
            throws IOException, BadInputException {
        for (Path output : outputs) {
            if (output != null
                    && images != null
                    && Files.isDirectory(images)
                    && Files.isRegularFile(output)
                    && ImageFormat.isImageName(output)
                    && output.toRealPath().startsWith(images.toRealPath())) {
                throw new BadInputException(
                        output + ": is one of the images; write to another file");
            }
        }
    }
}
