package dev.fern.cocoeval.json;

import java.io.InputStream;
import java.math.BigInteger;

/**
 * Pulls JSON out of a stream of bytes exactly as strictly as Python's {@code json} module does,
 * which pycocotools reads with: NaN, Infinity and -Infinity are numbers; trailing commas, comments,
 * control characters in strings, leading zeros, invalid UTF-8 and text after the document are
 * faults. No setting of Gson's reader takes just this language, nor does it tell byte offsets.
 *
 * <p>Depth and the length of numbers are bounded; memory grows with the longest string that is
 * kept.
 */
public final class JsonTokenizer extends JsonScanner {
    /** Python stops a little later, where its recursion limit is. */
    static final int MAX_DEPTH = 980;

    private static final int IN_EMPTY_ARRAY = -1;
    private static final int IN_EMPTY_OBJECT = -2;
    private static final int IN_OBJECT = -3;

    /** Values that are neither string, number nor truth value. */
    public enum Other {
        /** The word {@code null}. */
        NULL,
        /** An array, whose elements were skipped. */
        ARRAY,
        /** An object, whose members were skipped. */
        OBJECT
    }

    private int depth;
    private final String[] names = new String[MAX_DEPTH + 1];

    /** By depth: the element of an array that is being read, or one of the states above. */
    private final int[] indices = new int[MAX_DEPTH + 1];

    /**
     * Starts at the first byte of a document.
     *
     * @param file the name that faults give
     */
    JsonTokenizer(String file, InputStream in) {
        super(file, in);
    }

    /**
     * Starts within a document's outermost array, at an element.
     *
     * @param file the name that faults give
     */
    static JsonTokenizer withinArray(String file, InputStream in) {
        JsonTokenizer tokenizer = new JsonTokenizer(file, in);
        tokenizer.depth = 1;
        return tokenizer;
    }

    // Structure

    /**
     * Enters an object, whose names {@link #nextName} reads.
     *
     * @throws CocoFormatException if the next value is not an object, or is nested too deep
     */
    public void beginObject() throws CocoFormatException {
        begin('{', IN_EMPTY_OBJECT);
    }

    /**
     * Enters an array, whose elements {@link #nextElement} announces.
     *
     * @throws CocoFormatException if the next value is not an array, or is nested too deep
     */
    public void beginArray() throws CocoFormatException {
        begin('[', IN_EMPTY_ARRAY);
    }

    private void begin(char bracket, int state) throws CocoFormatException {
        expect(bracket, bracket == '{' ? "an object" : "an array");
        if (depth == MAX_DEPTH) {
            throw fault("nested deeper than " + MAX_DEPTH + " levels");
        }
        depth++;
        names[depth] = null;
        indices[depth] = state;
    }

    /**
     * Reads the name of the next member of an object, up to its value, which must be read next.
     *
     * @return null at the object's end, which is consumed
     * @throws CocoFormatException if neither a member nor the end comes next
     */
    public String nextName() throws CocoFormatException {
        int c = peek();
        if (c == '}') {
            end();
            return null;
        }
        if (indices[depth] != IN_EMPTY_OBJECT) {
            expect(',', "',' or '}'");
            c = peek();
        }
        indices[depth] = IN_OBJECT;
        names[depth] = null;
        if (c != '"') {
            throw fault("expected a name in double quotes, found " + found(c));
        }
        String name = readName();
        expect(':', "':'");
        names[depth] = name;
        return name;
    }

    private void end() {
        consume();
        depth--;
    }

    /**
     * Goes on to the next element of an array, which must be read next.
     *
     * @return false at the array's end, which is consumed
     * @throws CocoFormatException if neither an element nor the end comes next
     */
    public boolean nextElement() throws CocoFormatException {
        int c = peek();
        if (c == ']') {
            end();
            return false;
        }
        if (indices[depth] != IN_EMPTY_ARRAY) {
            expect(',', "',' or ']'");
        }
        indices[depth]++;
        return true;
    }

    /**
     * Checks that nothing but white space follows the outermost value.
     *
     * @throws CocoFormatException if anything else follows
     */
    public void endDocument() throws CocoFormatException {
        if (peek() != -1) {
            throw fault("text after the end of the document");
        }
    }

    private void expect(char wanted, String description) throws CocoFormatException {
        int c = peek();
        if (c != wanted) {
            throw fault("expected " + description + ", found " + found(c));
        }
        consume();
    }

    // Values

    /**
     * Passes over one value of any kind.
     *
     * @throws CocoFormatException if the value breaks JSON's syntax
     */
    public void skipValue() throws CocoFormatException {
        int outside = depth;
        do {
            int c = peek();
            if (c == '{') {
                beginObject();
            } else if (c == '[') {
                beginArray();
            } else if (c == '"') {
                scanString(false);
            } else if (isNumberNext()) {
                scanNumber();
            } else {
                readWord();
            }
            while (depth > outside && !(inArray() ? nextElement() : nextName() != null)) {
                // that container ended: go on in the one around it
            }
        } while (depth > outside);
    }

    private boolean inArray() {
        return indices[depth] >= IN_EMPTY_ARRAY;
    }

    /**
     * Reads one value of any kind.
     *
     * @return a {@link String}, {@link Boolean} or {@link Other}; a number as {@link Long} or
     *     {@link BigInteger} if it is written without fraction and exponent, else as {@link Double}
     * @throws CocoFormatException if the value breaks JSON's syntax
     */
    public Object readValue() throws CocoFormatException {
        int c = peek();
        if (c == '"') {
            return readString();
        }
        if (c == '[' || c == '{') {
            skipValue();
            return c == '[' ? Other.ARRAY : Other.OBJECT;
        }
        return isNumberNext() ? readNumber() : readWord();
    }

    private Object readWord() throws CocoFormatException {
        int c = peek();
        switch (c) {
            case 't':
                scanWord("true");
                return Boolean.TRUE;
            case 'f':
                scanWord("false");
                return Boolean.FALSE;
            case 'n':
                scanWord("null");
                return Other.NULL;
            default:
                throw fault("expected a value, found " + found(c));
        }
    }

    /**
     * {@return where in the document the tokenizer stands, such as {@code annotations[17].bbox[2]};
     * empty outside any object and array}
     */
    @Override
    public String path() {
        StringBuilder path = new StringBuilder();
        for (int level = 1; level <= depth; level++) {
            if (indices[level] >= 0) {
                path.append('[').append(indices[level]).append(']');
            } else if (names[level] != null) {
                path.append(path.length() == 0 ? "" : ".").append(abridged(names[level]));
            }
        }
        return abridged(path.toString());
    }

    private static String abridged(String text) {
        return text.length() <= 80
                ? text
                : text.substring(0, 40) + "..." + text.substring(text.length() - 30);
    }
}
