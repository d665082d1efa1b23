package dev.fern.cocoeval.json;

/**
 * A value that is refused only when somebody comes to use it.
 *
 * @param path where in the document it stands
 * @param offset in bytes from the start of the document, -1 if it is not known
 * @param problem what is wrong with it; it reads on from the path
 */
public record Unusable(String path, long offset, String problem) {
    /**
     * Names the place where a reader stands.
     *
     * @param in stands at the value or behind it
     * @param offset of the value
     * @param problem what is wrong with it
     * @return the problem with its place
     */
    public static Unusable at(JsonTokenizer in, long offset, String problem) {
        return new Unusable(in.path(), offset, problem);
    }

    /**
     * Refuses the value.
     *
     * @param file that holds it
     * @return an exception that names file, place and problem
     */
    public CocoFormatException in(String file) {
        return new CocoFormatException(file, path, offset, problem);
    }
}
