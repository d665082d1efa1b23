package dev.fern.cocoeval;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.ZipException;

/**
 * Pulls JSON out of a stream of bytes exactly as strictly as Python's {@code json} module does,
 * which pycocotools reads with: NaN, Infinity and -Infinity are numbers; trailing commas, comments,
 * control characters in strings, leading zeros, invalid UTF-8 and text after the document are
 * faults. No setting of Gson's reader takes just this language, nor does it tell byte offsets.
 *
 * <p>Depth is bounded by {@link #MAX_DEPTH} and memory by the longest string or number that is
 * kept.
 */
final class JsonTokenizer implements Closeable {
    /** Python stops a little later, where its recursion limit is. */
    static final int MAX_DEPTH = 980;

    /** Python's {@code int} takes no longer literal. */
    private static final int MAX_INTEGER_DIGITS = 4300;

    private static final int MAX_CACHED_NAME = 32;
    private static final int NAME_CACHE_SIZE = 256;

    /** Values that are neither text, number nor truth value. */
    enum Other {
        NULL,
        ARRAY,
        OBJECT
    }

    private final String file;
    private final InputStream in;
    private final byte[] buffer = new byte[1 << 16];
    private int position;
    private int limit;
    private long bytesBefore;

    private int depth;
    private final String[] names = new String[MAX_DEPTH + 1];
    private final int[] indices = new int[MAX_DEPTH + 1];
    private static final int IN_EMPTY_OBJECT = -2;
    private static final int IN_OBJECT = -3;
    private static final int IN_EMPTY_ARRAY = -1;

    private char[] text = new char[256];
    private int textLength;
    private byte[] digits = new byte[64];
    private int digitsLength;
    private boolean integer;
    private boolean plain;
    private long mantissa;
    private int exponent;

    private final String[] nameCache = new String[NAME_CACHE_SIZE];

    JsonTokenizer(String file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    // Structure

    /** The next byte that is no white space, not consumed; -1 at the end. */
    int peek() throws CocoFormatException {
        while (true) {
            while (position < limit) {
                byte b = buffer[position];
                if (b > ' ' || b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                    return b & 0xff;
                }
                position++;
            }
            if (!fill()) {
                return -1;
            }
        }
    }

    void beginObject() throws CocoFormatException {
        begin('{', IN_EMPTY_OBJECT);
    }

    void beginArray() throws CocoFormatException {
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

    /** The next member's name, its value to be read next; null at the object's end. */
    String nextName() throws CocoFormatException {
        int c = peek();
        if (c == '}') {
            return end();
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
        scanString(true);
        String name = cachedName();
        peek();
        expect(':', "':'");
        names[depth] = name;
        return name;
    }

    private String end() {
        position++;
        depth--;
        return null;
    }

    /** Whether the array has another element, to be read next; its end is consumed. */
    boolean nextElement() throws CocoFormatException {
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

    /** After the outermost value: nothing but white space may follow. */
    void endDocument() throws CocoFormatException {
        if (peek() != -1) {
            throw fault("text after the end of the document");
        }
    }

    private void expect(char wanted, String description) throws CocoFormatException {
        int c = peek();
        if (c != wanted) {
            throw fault("expected " + description + ", found " + found(c));
        }
        position++;
    }

    // Values

    /** Whether a number comes next; NaN and the infinities are numbers. */
    boolean isNumberNext() throws CocoFormatException {
        int c = peek();
        return c >= '0' && c <= '9' || c == '-' || c == 'N' || c == 'I';
    }

    /** Passes over one value of any kind, checking its syntax. */
    void skipValue() throws CocoFormatException {
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
                if (!scanNonFinite()) {
                    scanNumber();
                }
            } else {
                literal();
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
     * One value as a {@link String}, {@link Boolean}, {@link Long}, {@link BigInteger}, {@link
     * Double} or {@link Other}; of arrays and objects only that they are there.
     */
    Object readValue() throws CocoFormatException {
        int c = peek();
        if (c == '"') {
            scanString(true);
            return new String(text, 0, textLength);
        }
        if (c == '[' || c == '{') {
            skipValue();
            return c == '[' ? Other.ARRAY : Other.OBJECT;
        }
        if (!isNumberNext()) {
            return literal();
        }
        double number = readDouble();
        if (!integer) {
            return number;
        }
        if (plain) {
            return mantissa;
        }
        BigInteger big =
                new BigInteger(new String(digits, 0, digitsLength, StandardCharsets.US_ASCII));
        if (big.bitLength() < Long.SIZE) {
            return big.longValue();
        }
        return big;
    }

    /** A number, rounded to the nearest double; beyond its range infinite. */
    double readDouble() throws CocoFormatException {
        if (scanNonFinite()) {
            return mantissa == 0 ? Double.NaN : mantissa * Double.POSITIVE_INFINITY;
        }
        scanNumber();
        if (plain) {
            double magnitude = DecimalNumber.nearest(Math.abs(mantissa), exponent);
            if (magnitude == magnitude) {
                // Python has no negative zero among integers
                return digits[0] == '-' && !(integer && mantissa == 0) ? -magnitude : magnitude;
            }
        }
        return Double.parseDouble(new String(digits, 0, digitsLength, StandardCharsets.US_ASCII));
    }

    /** Whether the number read last was written without fraction and exponent. */
    boolean wasInteger() {
        return integer;
    }

    /** Whether {@link #lastLong} is the number read last. */
    boolean wasLong() {
        return integer && plain;
    }

    long lastLong() {
        return mantissa;
    }

    private Object literal() throws CocoFormatException {
        switch (peek()) {
            case 't':
                word("true");
                return Boolean.TRUE;
            case 'f':
                word("false");
                return Boolean.FALSE;
            case 'n':
                word("null");
                return Other.NULL;
            default:
                throw fault("expected a value, found " + found(peek()));
        }
    }

    private void word(String word) throws CocoFormatException {
        for (int i = 0; i < word.length(); i++) {
            int c = next();
            if (c != word.charAt(i)) {
                position -= c == -1 ? 0 : 1;
                throw fault("expected " + word);
            }
        }
    }

    /** Takes NaN, Infinity or -Infinity, leaving 0, 1 or -1 in {@code mantissa}. */
    private boolean scanNonFinite() throws CocoFormatException {
        int c = peek();
        if (c == 'N') {
            word("NaN");
            mantissa = 0;
        } else if (c == 'I') {
            word("Infinity");
            mantissa = 1;
        } else if (c == '-' && (position + 1 < limit || keepOneAndFill())) {
            if (buffer[position + 1] != 'I') {
                return false;
            }
            word("-Infinity");
            mantissa = -1;
        } else {
            return false;
        }
        integer = false;
        plain = false;
        return true;
    }

    /** A minus sign at the very end of the buffer: moves it to the front, more behind it. */
    private boolean keepOneAndFill() throws CocoFormatException {
        bytesBefore += limit - 1;
        buffer[0] = buffer[limit - 1];
        position = 0;
        limit = 1 + Math.max(0, readInto(1));
        return limit > 1;
    }

    private void scanNumber() throws CocoFormatException {
        digitsLength = 0;
        integer = true;
        mantissa = 0;
        int significant = 0;
        int fraction = 0;
        int c = next();
        boolean negative = c == '-';
        if (negative) {
            keepDigit(c);
            c = next();
        }
        if (c == '0') {
            keepDigit(c);
            c = next();
        } else {
            requireDigit(c);
            while (c >= '0' && c <= '9') {
                keepDigit(c);
                if (significant < 18) {
                    mantissa = mantissa * 10 + (c - '0');
                }
                significant++;
                c = next();
            }
        }
        int integerDigits = digitsLength - (negative ? 1 : 0);
        if (c == '.') {
            integer = false;
            keepDigit(c);
            c = next();
            requireDigit(c);
            while (c >= '0' && c <= '9') {
                keepDigit(c);
                if (significant < 18) {
                    mantissa = mantissa * 10 + (c - '0');
                    fraction++;
                }
                if (significant > 0 || c != '0') {
                    significant++;
                }
                c = next();
            }
        }
        int power = 0;
        if (c == 'e' || c == 'E') {
            integer = false;
            keepDigit(c);
            c = next();
            boolean down = c == '-';
            if (c == '-' || c == '+') {
                keepDigit(c);
                c = next();
            }
            requireDigit(c);
            while (c >= '0' && c <= '9') {
                keepDigit(c);
                power = Math.min(power * 10 + (c - '0'), 100_000);
                c = next();
            }
            power = down ? -power : power;
        }
        if (c != -1) {
            position--;
        }
        if (integer && integerDigits > MAX_INTEGER_DIGITS) {
            throw fault("an integer of more than " + MAX_INTEGER_DIGITS + " digits");
        }
        plain = significant <= 18;
        exponent = power - fraction;
        if (negative) {
            mantissa = -mantissa;
        }
    }

    private void keepDigit(int c) {
        if (digitsLength == digits.length) {
            digits = Arrays.copyOf(digits, 2 * digitsLength);
        }
        digits[digitsLength++] = (byte) c;
    }

    private void requireDigit(int c) throws CocoFormatException {
        if (c < '0' || c > '9') {
            if (c != -1) {
                position--;
            }
            throw fault("expected a digit, found " + found(c));
        }
    }

    // Strings

    private void scanString(boolean keep) throws CocoFormatException {
        next();
        textLength = 0;
        while (true) {
            int c = next();
            if (c >= ' ' && c < 0x80) {
                if (c == '"') {
                    return;
                }
                if (c == '\\') {
                    c = escape();
                }
                if (keep) {
                    append((char) c);
                }
            } else {
                int point = beyondAscii(c);
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
            throw fault("not valid UTF-8");
        }
        return point;
    }

    /** The same few names come again and again: one String for each. */
    private String cachedName() {
        if (textLength > MAX_CACHED_NAME) {
            return new String(text, 0, textLength);
        }
        int hash = 0;
        for (int i = 0; i < textLength; i++) {
            hash = 31 * hash + text[i];
        }
        int slot = (hash ^ hash >>> 8) & NAME_CACHE_SIZE - 1;
        String cached = nameCache[slot];
        if (cached == null || !isText(cached)) {
            cached = new String(text, 0, textLength);
            nameCache[slot] = cached;
        }
        return cached;
    }

    private boolean isText(String name) {
        if (name.length() != textLength) {
            return false;
        }
        for (int i = 0; i < textLength; i++) {
            if (name.charAt(i) != text[i]) {
                return false;
            }
        }
        return true;
    }

    // Bytes

    private int next() throws CocoFormatException {
        return position < limit || fill() ? buffer[position++] & 0xff : -1;
    }

    private boolean fill() throws CocoFormatException {
        bytesBefore += limit;
        position = 0;
        limit = Math.max(0, readInto(0));
        return limit > 0;
    }

    private int readInto(int from) throws CocoFormatException {
        try {
            return in.read(buffer, from, buffer.length - from);
        } catch (EOFException | ZipException e) {
            limit = from;
            throw fault("damaged gzip data (" + e.getMessage() + ")", e);
        } catch (IOException e) {
            limit = from;
            throw fault("can't be read: " + e.getMessage(), e);
        }
    }

    // Where and what

    /** Bytes from the start of the document to the next one that will be read. */
    long offset() {
        return bytesBefore + position;
    }

    /** Such as {@code annotations[17].bbox[2]}. */
    String path() {
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

    CocoFormatException fault(String problem) {
        return new CocoFormatException(file, path(), offset(), problem);
    }

    private CocoFormatException fault(String problem, IOException cause) {
        return new CocoFormatException(file, path(), offset(), problem, cause);
    }

    private static String found(int c) {
        return c < 0
                ? "the end of the document"
                : c > ' ' && c < 0x7f ? "'" + (char) c + "'" : String.format("byte 0x%02x", c);
    }
}
