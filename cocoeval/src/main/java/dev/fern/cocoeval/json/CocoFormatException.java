package dev.fern.cocoeval.json;

import java.io.IOException;

/**
 * Says in one line what is wrong with a file: its name, the path in the document (such as {@code
 * annotations[17].bbox[2]}), the byte offset, and the fault.
 */
public final class CocoFormatException extends IOException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST_MESSAGE = 500;

    private final String file;
    private final String path;
    private final long offset;

    /**
     * @param file the file's name
     * @param path where in the document, empty for the document itself
     * @param offset in bytes from the start of the (unpacked) document, -1 where it is not known
     * @param problem what is wrong
     */
    public CocoFormatException(String file, String path, long offset, String problem) {
        super(oneLine(file + ": " + located(path, offset, problem)));
        this.file = file;
        this.path = path;
        this.offset = offset;
    }

    public CocoFormatException(
            String file, String path, long offset, String problem, Throwable cause) {
        this(file, path, offset, problem);
        initCause(cause);
    }

    /** The file's name, as it was given. */
    public String file() {
        return file;
    }

    /** Where in the document, such as {@code annotations[17].bbox[2]}; empty for all of it. */
    public String path() {
        return path;
    }

    /** Bytes from the start of the document, unpacked if it is compressed; -1 if not known. */
    public long offset() {
        return offset;
    }

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
