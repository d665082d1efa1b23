package dev.fern.cocoeval.json;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** Opens a file, plain or gzip (told by its first two bytes), and limits how far it unpacks. */
public final class CompressedInput {
    /** JSON packs 5 to 20 times; no honest file comes near this limit, and a bomb reaches 1,000. */
    static final long MAX_EXPANSION = 200;

    /** In bytes; a small file may unpack this far whatever its size. */
    static final long ALWAYS_ALLOWED = 16L << 20;

    private CompressedInput() {}

    /**
     * Opens a JSON document: UTF-8, or UTF-16 or UTF-32 that is handed on as UTF-8. A byte order
     * mark is passed over.
     *
     * @param file plain or gzip, whatever its name
     * @return a tokenizer at the document's start, which the caller closes
     * @throws CocoFormatException if the file can't be opened; a damaged or too large gzip file
     *     shows only on reading
     */
    public static JsonTokenizer tokenizer(Path file) throws CocoFormatException {
        try {
            return new JsonTokenizer(file.toString(), utf8(file));
        } catch (NoSuchFileException e) {
            throw new CocoFormatException(file.toString(), "", -1, "no such file", e);
        } catch (AccessDeniedException e) {
            throw new CocoFormatException(file.toString(), "", -1, "no permission to read it", e);
        } catch (IOException e) {
            String problem =
                    Files.isDirectory(file)
                            ? "is a folder, not a file"
                            : "can't be read: " + e.getMessage();
            throw new CocoFormatException(file.toString(), "", -1, problem, e);
        }
    }

    /**
     * Opens a JSON document as {@link #tokenizer} does, for another parser.
     *
     * @param file plain or gzip, whatever its name
     * @return the document in UTF-8 without a byte order mark, which the caller closes
     * @throws IOException if the file can't be opened
     */
    public static InputStream utf8(Path file) throws IOException {
        return new Utf8Input(open(file));
    }

    private static InputStream open(Path file) throws IOException {
        InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        try {
            raw.mark(2);
            boolean compressed = raw.read() == 0x1f && raw.read() == 0x8b;
            raw.reset();
            if (!compressed) {
                return raw;
            }
            long most = Math.max(ALWAYS_ALLOWED, MAX_EXPANSION * Files.size(file));
            return new Bounded(new GZIPInputStream(raw, 1 << 16), most);
        } catch (IOException e) {
            raw.close();
            throw e;
        }
    }

    private static final class Bounded extends FilterInputStream {
        private long left;

        Bounded(InputStream in, long most) {
            super(in);
            left = most;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int from, int count) throws IOException {
            int got = super.read(bytes, from, count);
            left -= Math.max(0, got);
            if (left < 0) {
                throw new IOException(
                        "unpacks to more than "
                                + MAX_EXPANSION
                                + " times its size, which no honest file does");
            }
            return got;
        }
    }
}
