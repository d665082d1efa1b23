package dev.fern.cocoeval.variant;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of an image file as annotation tools write it: a path of Linux or Windows, or a URL.
 *
 * @param path with slashes, letters composed (Unicode NFC); of a URL its path, decoded
 * @param local whether it may be a path below an image folder as it is: neither a URL nor absolute,
 *     and without ".." or "."
 */
public record ImageFileName(String path, boolean local) {
    private static final Pattern URL =
            Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+://[^/?#]*([^?#]*)(.*)", Pattern.DOTALL);
    private static final Pattern ABSOLUTE = Pattern.compile("([A-Za-z]:)?/.*|[A-Za-z]:.*");
    private static final Pattern DOTS = Pattern.compile("(?:^|.*/)\\.{1,2}(?:/.*|$)");

    /** What Label Studio puts before the name of a file that is uploaded. */
    private static final Pattern UPLOAD = Pattern.compile("[0-9a-f]{8}-(.+)");

    /**
     * Takes a name apart.
     *
     * @param name as a file gives it
     * @return the name in one form
     */
    public static ImageFileName of(String name) {
        Matcher url = URL.matcher(name);
        if (url.matches()) {
            // some servers name the file in the query: ...?d=folder/name.jpg
            String path = url.group(1).endsWith("/") ? url.group(1) + url.group(2) : url.group(1);
            return new ImageFileName(composed(decoded(path)), false);
        }
        String path = composed(name.replace('\\', '/'));
        return new ImageFileName(
                path, !ABSOLUTE.matcher(path).matches() && !DOTS.matcher(path).matches());
    }

    /**
     * Decodes the percent signs of a URL's path.
     *
     * @param path of a URL
     * @return the path decoded; as it is where a percent sign is none of a URL
     */
    public static String decoded(String path) {
        try {
            return URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return path; // a lone % stands for itself
        }
    }

    /**
     * Composes letters and their accents, as Windows and Linux do in file names and macOS does not.
     *
     * @param text any text
     * @return the text in Unicode's form NFC
     */
    public static String composed(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFC);
    }

    /** {@return what follows the last slash} */
    public String last() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** {@return what precedes the last slash; empty without one} */
    public String folder() {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    /** {@return the last part as it was before Label Studio took the file; mostly the same} */
    public String uploaded() {
        Matcher upload = UPLOAD.matcher(last());
        return upload.matches() ? upload.group(1) : last();
    }

    /** {@return the last part without its ending, such as {@code .jpg}} */
    public String stem() {
        int dot = last().lastIndexOf('.');
        return dot > 0 ? last().substring(0, dot) : last();
    }

    /**
     * Counts the parts, from the last one, that two names have in common.
     *
     * @param other another name
     * @return 0 if even the last parts differ
     */
    public int commonParts(ImageFileName other) {
        String[] mine = path.split("/");
        String[] others = other.path.split("/");
        int common = 0;
        while (common < Math.min(mine.length, others.length)
                && mine[mine.length - 1 - common].equals(others[others.length - 1 - common])) {
            common++;
        }
        return common;
    }
}
