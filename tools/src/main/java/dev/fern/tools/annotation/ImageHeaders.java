package dev.fern.tools.annotation;

import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageFormat;
import dev.fern.detection.image.ImageHeader;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageSize;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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
     * Finds the file that a name means: the one that has it, or its last part, or either with an
     * extension that the name lacks, or without the eight hexadecimal digits that Label Studio puts
     * before the names of uploaded files; else the one that {@link ImageFolder} takes it for.
     *
     * @param fileName relative to the folder
     * @return the name of a file of the folder; {@code fileName} if there is none
     * @throws IOException if the name leads out of the folder
     */
    public String locate(String fileName) throws IOException {
        Path found = folder.resolve(fileName);
        String last = FileNames.last(fileName);
        Set<String> names = new LinkedHashSet<>(List.of(fileName, last));
        if (!ImageFormat.isImageName(Path.of(last))) {
            for (String extension : EXTENSIONS) {
                names.add(fileName + extension);
                names.add(last + extension);
            }
        }
        names.add(last.replaceFirst("^[0-9a-f]{8}-(?=.)", ""));
        for (String name : names) {
            if (Files.isRegularFile(root().resolve(name))) {
                return name;
            }
        }
        return Files.isRegularFile(found)
                ? root().normalize().relativize(found).toString().replace('\\', '/')
                : fileName;
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
