package dev.fern.detection.image;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * The folder that a data set's {@code file_name}s refer to. A name must lead to a place below the
 * folder, so that an annotation file from elsewhere can't decide which other files are read.
 * Symbolic links within the folder are followed wherever they lead: only the owner of the folder
 * can have put them there, and folders made of links are common.
 */
public final class ImageFolder {

    private final Path root;

    /**
     * Opens a folder of images.
     *
     * @param root the folder
     * @throws ImageReadException if there is no such folder
     */
    public ImageFolder(Path root) throws ImageReadException {
        if (!Files.isDirectory(root)) {
            throw new ImageReadException(root, "no such image folder");
        }
        this.root = root;
    }

    /** {@return the folder itself} */
    public Path root() {
        return root;
    }

    /**
     * Returns the path of a file of this folder, which need not exist.
     *
     * @param fileName relative to the folder, with slashes, as data sets have it
     * @return the path, below the folder
     * @throws ImageReadException if the name is empty, absolute or climbs out of the folder
     */
    public Path resolve(String fileName) throws ImageReadException {
        Path name;
        try {
            name = root.getFileSystem().getPath(fileName);
        } catch (InvalidPathException e) {
            throw new ImageReadException(
                    root, "the file name \"" + printable(fileName) + "\" is not valid", e);
        }
        if (name.isAbsolute() || climbs(name) || name.normalize().toString().isEmpty()) {
            throw new ImageReadException(
                    root,
                    "the file name \""
                            + printable(fileName)
                            + "\" leads out of the image folder; names must be relative and stay"
                            + " below it");
        }
        return root.resolve(name).normalize();
    }

    /** Returns whether a name leaves the folder, even if it comes back. */
    private static boolean climbs(Path name) {
        int depth = 0;
        for (Path part : name) {
            depth += part.toString().equals("..") ? -1 : part.toString().equals(".") ? 0 : 1;
            if (depth < 0) {
                return true;
            }
        }
        return false;
    }

    private static String printable(String name) {
        return name.replaceAll("\\p{Cntrl}", "?");
    }
}
