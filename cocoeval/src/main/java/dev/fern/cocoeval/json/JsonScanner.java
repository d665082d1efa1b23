package dev.fern.cocoeval.json;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Takes strings, numbers and words out of a stream of bytes: the lexical half of {@link
 * JsonTokenizer}, which knows how they nest. It is the tokenizer's superclass and not one of its
 * parts, so that nothing is forwarded per token and faults can name the path.
 */
abstract class JsonScanner extends JsonBytes {
    private static final int MAX_KNOWN_NAME = 32;
    private static final int KNOWN_NAMES = 256;

    // The string read last
    private char[] text = new char[256];
    private int textLength;

    /** Room for a string that is read as bytes. */
    private final byte[] bytes = new byte[1 << 13];

    /** The number read last. */
    private final JsonNumber number = new JsonNumber(buffer);

    private final String[] knownNames = new String[KNOWN_NAMES];
    private final byte[][] knownBytes = new byte[KNOWN_NAMES][];

    JsonScanner(String file, InputStream in) {
        super(file, in);
    }

    // Numbers and words

    /**
     * {@return whether a number comes next; NaN and the infinities are numbers, as in Python}
     *
     * @throws CocoFormatException if the file can't be read or unpacked
     */
    public boolean isNumberNext() throws CocoFormatException {
        int c = peek();
        return c >= '0' && c <= '9' || c == '-' || c == 'N' || c == 'I';
    }

    /**
     * Reads a number.
     *
     * @return the nearest double; infinite for a number beyond the range of doubles
     * @throws CocoFormatException if the next value is not a number, or is one of more than 32,768
     *     characters
     */
    public double readDouble() throws CocoFormatException {
        scanNumber();
        return number.toDouble();
    }

    /** {@return whether the number read last was written without fraction and exponent} */
    public boolean wasInteger() {
        return number.isInteger();
    }

    /** Reads a number; a {@link Double} unless it is written without fraction and exponent. */
    final Number readNumber() throws CocoFormatException {
        scanNumber();
        return number.toNumber();
    }

    /**
     * Reads an integer if one of at most 18 digits comes next, without an object for it.
     *
     * @param otherwise what to return, with nothing read, if anything else comes next
     * @return the integer or {@code otherwise}
     * @throws CocoFormatException if the file can't be read or unpacked
     */
    public long readShortInteger(long otherwise) throws CocoFormatException {
        if (!isNumberNext()) {
            return otherwise;
        }
        has(JsonNumber.MAX_LENGTH + 1);
        int end = number.scan(position, limit);
        if (end < 0 || !number.isShortInteger()) {
            return otherwise;
        }
        position = end;
        return number.mantissa();
    }

    final void scanNumber() throws CocoFormatException {
        if (scanNonFinite()) {
            return;
        }
        has(JsonNumber.MAX_LENGTH + 1);
        int end = number.scan(position, limit);
        if (end < 0) {
            position = ~end;
            throw fault("expected a digit, found " + found(has(1) ? buffer[position] & 0xff : -1));
        }
        position = end;
        String excess = number.excess();
        if (excess != null) {
            throw fault(excess);
        }
    }

    private boolean scanNonFinite() throws CocoFormatException {
        int c = peek();
        if (c == 'N') {
            scanWord("NaN");
            number.setNonFinite(Double.NaN);
        } else if (c == 'I') {
            scanWord("Infinity");
            number.setNonFinite(Double.POSITIVE_INFINITY);
        } else if (c == '-' && has(2) && buffer[position + 1] == 'I') {
            scanWord("-Infinity");
            number.setNonFinite(Double.NEGATIVE_INFINITY);
        } else {
            return false;
        }
        return true;
    }

    final void scanWord(String word) throws CocoFormatException {
        for (int i = 0; i < word.length(); i++) {
            int c = next();
            if (c != word.charAt(i)) {
                position -= c == -1 ? 0 : 1;
                throw fault("expected " + word);
            }
        }
    }

    // Strings

    /**
     * Reads a string as bytes, without a text in between where it is short and ASCII.
     *
     * @return UTF-8; null if the next value is not a string, which is then not consumed
     * @throws CocoFormatException if the string breaks JSON's syntax
     */
    public byte[] readBytes() throws CocoFormatException {
        if (peek() != '"') {
            return null;
        }
        has(bytes.length);
        int at = position + 1;
        int length = 0;
        while (at < limit && length < bytes.length) {
            byte b = buffer[at++];
            if (b == '"') {
                position = at;
                return Arrays.copyOf(bytes, length);
            }
            if (b == '\\' && at < limit && isItselfEscaped(buffer[at])) {
                b = buffer[at++];
            } else if (!isPlain(b)) {
                break;
            }
            bytes[length++] = b;
        }
        String read = readString();
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(read)) {
            throw fault("the string holds half of a surrogate pair");
        }
        return read.getBytes(StandardCharsets.UTF_8);
    }

    private static boolean isItselfEscaped(byte b) {
        return b == '\\' || b == '"' || b == '/';
    }

    /** Reads a string, of which the opening quote is the next byte. */
    final String readString() throws CocoFormatException {
        scanString(true);
        return new String(text, 0, textLength);
    }

    /** Passes over a string; checks it and, if it is to be kept, leaves it in {@link #text}. */
    final void scanString(boolean keep) throws CocoFormatException {
        position++;
        textLength = 0;
        while (true) {
            int end = position;
            while (end < limit && isPlain(buffer[end])) {
                end++;
            }
            if (keep) {
                appendAscii(position, end);
            }
            position = end;
            int c = next();
            if (c == '"') {
                return;
            }
            if (c >= 0 && isPlain((byte) c)) {
                // the first byte after the buffer was filled again
                position--;
                continue;
            }
            int point = c == '\\' ? escape() : beyondAscii(c);
            if (!keep) {
                continue;
            }
            if (point >= 0x10000) {
                append(Character.highSurrogate(point));
                append(Character.lowSurrogate(point));
            } else {
                append((char) point);
            }
        }
    }

    /** ASCII that stands for itself. */
    private static boolean isPlain(byte b) {
        return b >= ' ' && b != '"' && b != '\\';
    }

    private void appendAscii(int from, int to) {
        if (text.length < textLength + to - from) {
            text = Arrays.copyOf(text, 2 * (textLength + to - from));
        }
        for (int i = from; i < to; i++) {
            text[textLength++] = (char) buffer[i];
        }
    }

    private void append(char c) {
        if (textLength == text.length) {
            text = Arrays.copyOf(text, 2 * textLength);
        }
        text[textLength++] = c;
    }

    private int escape() throws CocoFormatException {
        int c = next();
        switch (c) {
            case '"':
            case '\\':
            case '/':
                return c;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u':
                int unit = 0;
                for (int i = 0; i < 4; i++) {
                    int digit = Character.digit(next(), 16);
                    if (digit < 0) {
                        throw fault("expected four hexadecimal digits after \\u");
                    }
                    unit = unit << 4 | digit;
                }
                return unit;
            default:
                throw fault("unknown escape in a string");
        }
    }

    /** A code point of two to four bytes, the first given. Overlong forms and surrogates fail. */
    private int beyondAscii(int first) throws CocoFormatException {
        if (first < 0) {
            throw fault("the document ends within a string");
        }
        if (first < ' ') {
            throw fault("control character in a string");
        }
        int more = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0;
        int point = first & 0x3f >> more;
        boolean valid = more > 0;
        for (int i = 0; i < more && valid; i++) {
            int c = next();
            valid = c >= 0x80 && c < 0xc0;
            point = point << 6 | c & 0x3f;
        }
        int least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
        if (!valid
                || point < least
                || point > Character.MAX_CODE_POINT
                || point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
            throw fault("not valid UTF-8; save the file as UTF-8");
        }
        return point;
    }

    // Names: the same few come again and again, so that each is made a String only once

    /** Reads a member's name, of which the opening quote is the next byte. */
    final String readName() throws CocoFormatException {
        String name = knownName();
        return name == null ? newName() : name;
    }

    /** Takes a name that is known; returns null and takes nothing if it is not, or is cut off. */
    private String knownName() {
        int start = position + 1;
        int hash = 0;
        int end = start;
        while (end < limit && isPlain(buffer[end])) {
            hash = 31 * hash + buffer[end++];
        }
        byte[] bytes = knownBytes[slot(hash)];
        if (bytes == null
                || end == limit
                || buffer[end] != '"'
                || !Arrays.equals(bytes, 0, bytes.length, buffer, start, end)) {
            return null;
        }
        position = end + 1;
        return knownNames[slot(hash)];
    }

    /** Reads a name, to be known from now on if it is short and ASCII. */
    private String newName() throws CocoFormatException {
        String name = readString();
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (textLength <= MAX_KNOWN_NAME && bytes.length == textLength) {
            // an ASCII text has the hash of its bytes
            int slot = slot(name.hashCode());
            knownBytes[slot] = bytes;
            // the same object as a literal in the source, which makes a switch quicker
            knownNames[slot] = name.intern();
        }
        return name;
    }

    private static int slot(int hash) {
        return (hash ^ hash >>> 8) & KNOWN_NAMES - 1;
    }
}
