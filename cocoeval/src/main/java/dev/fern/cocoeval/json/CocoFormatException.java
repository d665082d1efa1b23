package dev.fern.cocoeval.json;

import java.io.IOException;

/**
 * A file that can't be used. The message is one line with the file's name, the path in the document
 * (such as {@code annotations[17].bbox[2]}), the byte offset, and what is wrong there.
 */
public final class CocoFormatException extends IOException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST_MESSAGE = 500;

    /** The file's name as the caller gave it. */
    private final String file;

    /** The place in the document; empty for the whole document. */
    private final String path;

    /** The place in bytes from the document's start, or -1. */
    private final long offset;

    /**
     * Describes what is wrong with a file.
     *
     * @param file the file's name
     * @param path where in the document; empty for the document itself
     * @param offset in bytes from the start of the (unpacked) document; -1 if it is not known
     * @param problem what is wrong; it reads on from the path, such as "is not a number"
     */
    public CocoFormatException(String file, String path, long offset, String problem) {
        super(oneLine(file + ": " + located(path, offset, problem)));
        this.file = file;
        this.path = path;
        this.offset = offset;
    }

    /**
     * Describes what is wrong with a file, with the exception that showed it.
     *
     * @param file the file's name
     * @param path where in the document; empty for the document itself
     * @param offset in bytes from the start of the (unpacked) document; -1 if it is not known
     * @param problem what is wrong; it reads on from the path, such as "is not a number"
     * @param cause the exception that showed it
     */
    public CocoFormatException(
            String file, String path, long offset, String problem, Throwable cause) {
        this(file, path, offset, problem);
        initCause(cause);
    }

    /** {@return the file's name as it was given} */
    public String file() {
        return file;
    }

    /**
     * {@return the place, such as {@code annotations[17].bbox[2]}; empty for the whole document}
     */
    public String path() {
        return path;
    }

    /** {@return the place in bytes from the start of the (unpacked) document; -1 if not known} */
    public long offset() {
        return offset;
    }

    /**
     * Joins a place and a problem into one text.
     *
     * @param path where in the document; empty for the document itself
     * @param offset in bytes; -1 to leave it out
     * @param problem what is wrong there
     * @return such as {@code annotations[17] (byte 512): has no bbox}
     */
    public static String located(String path, long offset, String problem) {
        String at = offset < 0 ? "" : path.isEmpty() ? "byte " + offset : " (byte " + offset + ")";
        String where = path + at;
        return where.isEmpty() ? problem : where + ": " + problem;
    }

    /** Names and texts out of a hostile file must not break or flood the line. */
    private static String oneLine(String message) {
        String line = message.replaceAll("[\\p{Cntrl}\\u2028\\u2029]", "?");
        return line.length() <= LONGEST_MESSAGE
                ? line
                : line.substring(0, LONGEST_MESSAGE) + " (cut)";
    }
}
