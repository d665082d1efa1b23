package dev.fern.tools.annotation;

import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageFormat;
import dev.fern.detection.image.ImageHeader;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageSize;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The sizes of the images of a folder, from their headers. They are those of the upright image,
 * which is what annotation tools show and what their boxes refer to.
 */
public final class ImageHeaders {

    private static final int MOST_FOLDERS = 32;
    private static final List<String> EXTENSIONS = List.of(".jpg", ".jpeg", ".png", ".JPG");

    private final ImageFolder folder;

    /**
     * Opens a folder.
     *
     * @param root the folder
     * @throws ImageReadException if there is no such folder
     */
    public ImageHeaders(Path root) throws ImageReadException {
        this.folder = new ImageFolder(root);
    }

    /** {@return the folder itself} */
    public Path root() {
        return folder.root();
    }

    /**
     * Reads the size of an image.
     *
     * @param fileName relative to the folder
     * @return its size in pixels when it is upright
     * @throws IOException naming the file if it is missing or no image
     */
    public ImageSize size(String fileName) throws IOException {
        return upright(folder.resolve(fileName));
    }

    /**
     * Reads the size of an image, wherever it is.
     *
     * @param file the image
     * @return its size in pixels when it is upright
     * @throws IOException naming the file if it is missing or no image
     */
    public static ImageSize upright(Path file) throws IOException {
        return ImageHeader.read(file).uprightSize();
    }

    /**
     * Finds the file that a name means, as {@link ImageFolder#resolve} does, or the one that it
     * means with an extension that it lacks.
     *
     * @param fileName relative to the folder
     * @return the name of a file of the folder; {@code fileName} if there is none
     * @throws IOException if the name leads out of the folder
     */
    public String locate(String fileName) throws IOException {
        List<String> names = new ArrayList<>(List.of(fileName, FileNames.last(fileName)));
        if (!ImageFormat.isImageName(Path.of(FileNames.last(fileName)))) {
            EXTENSIONS.forEach(extension -> names.add(fileName + extension));
        }
        for (String name : names) {
            Path file = folder.resolve(name);
            if (Files.isRegularFile(file)) {
                Path below = absolute(folder.root()).relativize(absolute(file));
                return below.toString().replace(File.separatorChar, '/');
            }
        }
        return fileName;
    }

    private static Path absolute(Path path) {
        return path.toAbsolutePath().normalize();
    }

    /**
     * Finds the images of a folder and of those below it. Hidden ones are left out.
     *
     * @param folder the folder
     * @return its images, ordered by path
     * @throws IOException if a folder can't be read
     */
    public static List<Path> images(Path folder) throws IOException {
        return files(folder, ImageFormat::isImageName);
    }

    /**
     * Finds files of a folder and of those below it. Hidden ones are left out.
     *
     * @param folder the folder
     * @param wanted which files to take
     * @return the files, ordered by path
     * @throws IOException if a folder can't be read
     */
    public static List<Path> files(Path folder, Predicate<Path> wanted) throws IOException {
        try (Stream<Path> paths = Files.walk(folder, MOST_FOLDERS, FileVisitOption.FOLLOW_LINKS)) {
            return paths.filter(wanted)
                    .filter(path -> !isHidden(folder.relativize(path)))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static boolean isHidden(Path relative) {
        for (Path part : relative) {
            if (part.toString().startsWith(".")) {
                return true;
            }
        }
        return false;
    }
}
