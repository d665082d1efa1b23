package dev.fern.cocoeval.json;

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
 * <p>Depth and the length of numbers are bounded; memory goes with the longest string that is kept.
 */
public final class JsonTokenizer implements Closeable {
    /** Python stops a little later, where its recursion limit is. */
    static final int MAX_DEPTH = 980;

    /** Python's {@code int} takes no longer literal. */
    private static final int MAX_INTEGER_DIGITS = 4300;

    /** Python knows no such bound for fractions; nobody means so many digits. */
    private static final int MAX_NUMBER = 1 << 15;

    private static final int IN_EMPTY_ARRAY = -1;
    private static final int IN_EMPTY_OBJECT = -2;
    private static final int IN_OBJECT = -3;

    private static final int MAX_KNOWN_NAME = 32;
    private static final int KNOWN_NAMES = 256;

    /** Values that are neither text, number nor truth value. */
    public enum Other {
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
    private boolean ended;

    private int depth;
    private final String[] names = new String[MAX_DEPTH + 1];

    /** By depth: the element of an array that is being read, or one of the states above. */
    private final int[] indices = new int[MAX_DEPTH + 1];

    // The string read last
    private char[] text = new char[256];
    private int textLength;

    // The number read last: mantissa * 10^exponent if plain
    private int numberStart;
    private boolean integer;
    private boolean plain;
    private long mantissa;
    private int exponent;

    private final String[] knownNames = new String[KNOWN_NAMES];
    private final byte[][] knownBytes = new byte[KNOWN_NAMES][];

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
    public int peek() throws CocoFormatException {
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

    public void beginObject() throws CocoFormatException {
        begin('{', IN_EMPTY_OBJECT);
    }

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

    /** The next member's name, its value to be read next; null at the object's end. */
    public String nextName() throws CocoFormatException {
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
        String name = knownName();
        if (name == null) {
            scanString(true);
            name = newName();
        }
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

    /** After the outermost value: nothing but white space may follow. */
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
        position++;
    }

    // Values

    /** Whether a number comes next; NaN and the infinities are numbers. */
    public boolean isNumberNext() throws CocoFormatException {
        int c = peek();
        return c >= '0' && c <= '9' || c == '-' || c == 'N' || c == 'I';
    }

    /** Passes over one value of any kind, checking its syntax. */
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
    public Object readValue() throws CocoFormatException {
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
        BigInteger big = new BigInteger(number());
        if (big.bitLength() < Long.SIZE) {
            return big.longValue();
        }
        return big;
    }

    /** A number, rounded to the nearest double; beyond its range infinite. */
    public double readDouble() throws CocoFormatException {
        if (scanNonFinite()) {
            return mantissa == 0 ? Double.NaN : mantissa * Double.POSITIVE_INFINITY;
        }
        scanNumber();
        if (plain) {
            double magnitude = DecimalNumber.nearest(Math.abs(mantissa), exponent);
            if (magnitude == magnitude) {
                // Python has no negative zero among integers
                boolean negative = buffer[numberStart] == '-' && !(integer && mantissa == 0);
                return negative ? -magnitude : magnitude;
            }
        }
        return Double.parseDouble(number());
    }

    /** The number read last, as long as nothing was read after it. */
    private String number() {
        return new String(buffer, numberStart, position - numberStart, StandardCharsets.US_ASCII);
    }

    /** Whether the number read last was written without fraction and exponent. */
    public boolean wasInteger() {
        return integer;
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
        } else if (c == '-' && has(2) && buffer[position + 1] == 'I') {
            word("-Infinity");
            mantissa = -1;
        } else {
            return false;
        }
        integer = false;
        plain = false;
        return true;
    }

    /** Takes a number's characters, which stay in the buffer, and what can be told of it. */
    private void scanNumber() throws CocoFormatException {
        has(MAX_NUMBER + 1);
        numberStart = position;
        int at = position;
        if (buffer[at] == '-') {
            at++;
        }
        int firstDigit = at;
        at = digits(at);
        if (buffer[firstDigit] == '0' && at > firstDigit + 1) {
            at = firstDigit + 1;
        }
        long digits = 0;
        for (int i = firstDigit; i < at; i++) {
            digits = 10 * digits + (buffer[i] - '0');
        }
        int significant = buffer[firstDigit] == '0' ? 0 : at - firstDigit;
        integer = true;
        int fraction = 0;
        if (at < limit && buffer[at] == '.') {
            integer = false;
            int start = at + 1;
            at = digits(start);
            fraction = at - start;
            for (int i = start; i < at; i++) {
                digits = 10 * digits + (buffer[i] - '0');
                significant += significant > 0 || buffer[i] != '0' ? 1 : 0;
            }
        }
        int power = 0;
        if (at < limit && (buffer[at] == 'e' || buffer[at] == 'E')) {
            integer = false;
            int sign = at + 1;
            boolean signed = sign < limit && (buffer[sign] == '-' || buffer[sign] == '+');
            int start = signed ? sign + 1 : sign;
            at = digits(start);
            for (int i = start; i < at; i++) {
                power = Math.min(10 * power + (buffer[i] - '0'), 100_000);
            }
            power = buffer[sign] == '-' ? -power : power;
        }
        position = at;
        if (at - numberStart > MAX_NUMBER) {
            throw fault("a number of more than " + MAX_NUMBER + " characters");
        }
        if (integer && at - firstDigit > MAX_INTEGER_DIGITS) {
            throw fault("an integer of more than " + MAX_INTEGER_DIGITS + " digits");
        }
        // 18 digits fit into a long
        plain = significant <= 18;
        exponent = power - fraction;
        mantissa = firstDigit > numberStart ? -digits : digits;
    }

    /** Where the digits end that start here; there must be one. */
    private int digits(int from) throws CocoFormatException {
        int at = from;
        while (at < limit && buffer[at] >= '0' && buffer[at] <= '9') {
            at++;
        }
        if (at == from) {
            position = from;
            throw fault("expected a digit, found " + found(peekRaw()));
        }
        return at;
    }

    // Strings

    private void scanString(boolean keep) throws CocoFormatException {
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
                // the first of the next bufferful
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
            throw fault("not valid UTF-8");
        }
        return point;
    }

    /**
     * Takes a name that was met before: the same few come again and again, one String for each.
     * Null, and nothing taken, for any other and where the buffer ends.
     */
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

    /** The string read last, to be known from now on if it is short ASCII. */
    private String newName() {
        String name = new String(text, 0, textLength);
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (textLength <= MAX_KNOWN_NAME && bytes.length == textLength) {
            // of ASCII, the hash of the text is that of the bytes
            int slot = slot(name.hashCode());
            knownBytes[slot] = bytes;
            knownNames[slot] = name;
        }
        return name;
    }

    private static int slot(int hash) {
        return (hash ^ hash >>> 8) & KNOWN_NAMES - 1;
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

    /** Brings so many bytes together in the buffer, if the document has as many. */
    private boolean has(int count) throws CocoFormatException {
        if (limit - position < count && !ended) {
            bytesBefore += position;
            System.arraycopy(buffer, position, buffer, 0, limit - position);
            limit -= position;
            position = 0;
            while (limit < buffer.length && !ended) {
                limit += Math.max(0, readInto(limit));
            }
        }
        return limit - position >= count;
    }

    /** The next byte, not consumed; -1 at the end. */
    private int peekRaw() throws CocoFormatException {
        return has(1) ? buffer[position] & 0xff : -1;
    }

    private int readInto(int from) throws CocoFormatException {
        try {
            int got = in.read(buffer, from, buffer.length - from);
            ended = got < 0;
            return got;
        } catch (EOFException e) {
            limit = from;
            throw fault("damaged gzip data (cut short)", e);
        } catch (ZipException e) {
            limit = from;
            throw fault("damaged gzip data (" + e.getMessage() + ")", e);
        } catch (IOException e) {
            limit = from;
            throw fault("can't be read: " + e.getMessage(), e);
        }
    }

    // Where and what

    /** Bytes from the start of the document to the next one that will be read. */
    public long offset() {
        return bytesBefore + position;
    }

    /** Such as {@code annotations[17].bbox[2]}. */
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

    public CocoFormatException fault(String problem) {
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
