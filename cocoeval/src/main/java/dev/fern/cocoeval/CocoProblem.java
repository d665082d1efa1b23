package dev.fern.cocoeval;

import dev.fern.cocoeval.json.CocoFormatException;
import java.util.Objects;

/**
 * Something that is wrong with a data set.
 *
 * @param severity whether training has to refuse
 * @param path the record, such as {@code annotations[12] (id 77)}; empty for the whole document
 * @param offset of the record in bytes from the start of the (unpacked) document, -1 if not known
 * @param message what is wrong
 */
public record CocoProblem(Severity severity, String path, long offset, String message) {
    /** How bad a problem is. */
    public enum Severity {
        /** Training refuses this data set. */
        ERROR,
        /** Training works, but the author may want to know. */
        WARNING
    }

    /**
     * Describes a problem.
     *
     * @param severity not null
     * @param path not null
     * @param offset -1 for a data set that comes from memory
     * @param message not null; it reads on from the path, such as "has no bbox"
     */
    public CocoProblem {
        Objects.requireNonNull(severity, "severity");
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(message, "message");
    }

    /** Returns the exception that refuses a file for this problem. */
    CocoFormatException in(String file) {
        return new CocoFormatException(file, path, offset, message);
    }

    /** {@return path and message: {@code annotations[12] (id 77): image_id 5 is not in images}} */
    @Override
    public String toString() {
        return CocoFormatException.located(path, -1, message);
    }
}
