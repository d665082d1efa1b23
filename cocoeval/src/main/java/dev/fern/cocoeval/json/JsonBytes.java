package dev.fern.cocoeval.json;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.ZipException;

/** A buffer over the bytes of a document, and where in it its reader stands. */
abstract class JsonBytes implements Closeable {
    private final String file;
    private final InputStream in;
    final byte[] buffer = new byte[1 << 16];
    int position;
    int limit;
    private long bytesBefore;
    private boolean ended;

    JsonBytes(String file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /**
     * Skips white space.
     *
     * @return the next byte, 0 to 255, which is not consumed; -1 at the document's end
     * @throws CocoFormatException if the file can't be read or unpacked
     */
    public int peek() throws CocoFormatException {
        // small, so that the compiler puts it where it is called: several times per value
        if (position < limit && buffer[position] > ' ') {
            return buffer[position];
        }
        return skipToNext();
    }

    private int skipToNext() throws CocoFormatException {
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

    /** Consumes the byte that {@link #peek} returned. */
    final void consume() {
        position++;
    }

    final int next() throws CocoFormatException {
        return position < limit || fill() ? buffer[position++] & 0xff : -1;
    }

    private boolean fill() throws CocoFormatException {
        bytesBefore += limit;
        position = 0;
        limit = Math.max(0, readInto(0));
        return limit > 0;
    }

    /** Brings so many bytes together in the buffer, if the document has as many. */
    final boolean has(int count) throws CocoFormatException {
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

    /**
     * {@return the number of bytes from the start of the document, as UTF-8 without a byte order
     * mark, to the next one to be read}
     */
    public long offset() {
        return bytesBefore + position;
    }

    /**
     * {@return where in the document the scanner stands, such as {@code annotations[17].bbox[2]}}
     */
    public abstract String path();

    /**
     * {@return an exception that names the file and the present place in it}
     *
     * @param problem what is wrong there, such as "is not a number"
     */
    public CocoFormatException fault(String problem) {
        return new CocoFormatException(file, path(), offset(), problem);
    }

    private CocoFormatException fault(String problem, IOException cause) {
        return new CocoFormatException(file, path(), offset(), problem, cause);
    }

    /** Describes a byte, or the document's end (-1), for a message. */
    static String found(int c) {
        return c < 0
                ? "the end of the document"
                : c > ' ' && c < 0x7f ? "'" + (char) c + "'" : String.format("byte 0x%02x", c);
    }
}
