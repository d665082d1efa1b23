package dev.fern.detection.image;

import dev.fern.cocoeval.variant.FileNameSearch;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The folder that a data set's {@code file_name}s refer to. A name must lead to a place below the
 * folder, so that an annotation file from elsewhere can't decide which other files are read.
 * Symbolic links within the folder are followed wherever they lead: only the owner of the folder
 * can have put them there, and folders made of links are common.
 *
 * <p>A name that is not there as it is written is sought: with slashes for backslashes, with other
 * compositions of accented letters, without the server or the folders before its last part.
 */
public final class ImageFolder {

    private final Path root;
    private final FileNameSearch search;

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
        this.search = new FileNameSearch(root);
    }

    /** {@return the folder itself} */
    public Path root() {
        return root;
    }

    /**
     * Returns the path of a file of this folder, which need not exist.
     *
     * @param fileName relative to the folder, as data sets have it
     * @return the path of the file that has this name or, if there is none, of the one that is
     *     meant; else where the file should be, below the folder
     * @throws ImageReadException if the name is empty or climbs out of the folder, or is absolute
     *     and no file is meant
     */
    public Path resolve(String fileName) throws ImageReadException {
        Path name;
        try {
            name = root.getFileSystem().getPath(fileName);
        } catch (InvalidPathException e) {
            throw new ImageReadException(
                    root, "the file name \"" + printable(fileName) + "\" is not valid", e);
        }
        boolean climbs = climbs(name) || name.normalize().toString().isEmpty();
        if (!climbs && !name.isAbsolute()) {
            Path literal = root.resolve(name).normalize();
            return Files.exists(literal) ? literal : search.find(fileName).orElse(literal);
        }
        Optional<Path> found = climbs ? Optional.empty() : search.find(fileName);
        return found.orElseThrow(
                () ->
                        new ImageReadException(
                                root,
                                "the file name \""
                                        + printable(fileName)
                                        + "\" leads out of the image folder; names must be relative"
                                        + " and stay below it"));
    }

    /**
     * {@return how many names were not there as they are written and which file was meant, with an
     * example, to be told to the user; empty if there were none so far}
     */
    public Optional<String> note() {
        return search.note();
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
