package dev.fern.tools.annotation;

import dev.fern.cocoeval.variant.ImageFileName;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The names that annotation files give their images. They come from other machines: with
 * backslashes, drive letters, addresses of a server, or folders that are not there.
 */
public final class FileNames {

    private static final Pattern URL =
            Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+://|/data/local-files/\\?d=).*");

    private FileNames() {}

    /**
     * Returns a name relative to the image folder, with slashes. Of a name that is absolute, has a
     * drive letter, is a URL (also Label Studio's, of its local files) or climbs out of its folder,
     * the last part counts.
     *
     * @param annotation the file that has the name, for messages
     * @param name as it is in the file
     * @return the name, which leads to a place below any folder
     * @throws AnnotationFormatException if nothing is left of it, or it is no name of a file
     */
    public static String relative(Path annotation, String name) throws AnnotationFormatException {
        String path = name.strip();
        boolean isUrl = URL.matcher(path).matches();
        if (isUrl) {
            path =
                    ImageFileName.decoded(
                            path.replaceFirst("local-files/\\?d=", "").replaceFirst("[?#].*$", ""));
        }
        path = path.replace('\\', '/');
        boolean lastPart = isUrl || path.startsWith("/") || path.matches("[A-Za-z]:.*");
        path = path.replaceFirst("^[A-Za-z]:", "");
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/")) {
            lastPart |= part.equals("..");
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        String last = parts.isEmpty() ? "" : parts.get(parts.size() - 1);
        if (last.isEmpty() || last.equals("..")) {
            throw new AnnotationFormatException(
                    annotation, "file name \"" + name + "\" names no file");
        }
        return valid(annotation, lastPart ? last : String.join("/", parts));
    }

    private static String valid(Path annotation, String name) throws AnnotationFormatException {
        try {
            return name.isEmpty() ? name : Path.of(name).toString().replace('\\', '/');
        } catch (InvalidPathException e) {
            throw new AnnotationFormatException(
                    annotation, "file name \"" + name + "\" is not valid", e);
        }
    }

    /**
     * Returns the last part of a path.
     *
     * @param path with slashes or backslashes
     * @return what follows the last of them
     */
    public static String last(String path) {
        String slashed = path.replace('\\', '/');
        return slashed.substring(slashed.lastIndexOf('/') + 1);
    }

    /**
     * Returns a name without the extension of its last part.
     *
     * @param name with slashes
     * @return the name up to the last dot of its last part, if that has one after its first letter
     */
    public static String withoutExtension(String name) {
        int dot = name.lastIndexOf('.');
        return dot > name.lastIndexOf('/') + 1 ? name.substring(0, dot) : name;
    }
}
