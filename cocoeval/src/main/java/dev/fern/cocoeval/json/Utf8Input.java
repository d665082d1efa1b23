package dev.fern.cocoeval.json;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * A JSON document as UTF-8 without a byte order mark, whether it was saved so, with the mark, or as
 * UTF-16 or UTF-32. The encoding is told by the first four bytes, as Python's {@code json} does.
 */
final class Utf8Input extends InputStream {
    private static final Charset UTF_32BE = Charset.forName("UTF-32BE");
    private static final Charset UTF_32LE = Charset.forName("UTF-32LE");

    /**
     * An encoding, as the first bytes tell it.
     *
     * @param markLength number of bytes of the byte order mark, 0 if there is none
     */
    private record Encoding(Charset charset, int markLength) {
        static Encoding of(byte[] head) {
            if (startsWith(head, 0, 0, 0xfe, 0xff)) {
                return new Encoding(UTF_32BE, 4);
            }
            if (startsWith(head, 0xff, 0xfe, 0, 0)) {
                return new Encoding(UTF_32LE, 4);
            }
            if (startsWith(head, 0xfe, 0xff)) {
                return new Encoding(StandardCharsets.UTF_16BE, 2);
            }
            if (startsWith(head, 0xff, 0xfe)) {
                return new Encoding(StandardCharsets.UTF_16LE, 2);
            }
            if (startsWith(head, 0xef, 0xbb, 0xbf)) {
                return new Encoding(StandardCharsets.UTF_8, 3);
            }
            return new Encoding(withoutMark(head), 0);
        }

        /** JSON starts with ASCII, whose upper bytes are 0 in the longer encodings. */
        private static Charset withoutMark(byte[] head) {
            if (head.length < 4) {
                return StandardCharsets.UTF_8;
            }
            if (head[0] == 0) {
                return head[1] == 0 ? UTF_32BE : StandardCharsets.UTF_16BE;
            }
            if (head[1] == 0) {
                return head[2] == 0 && head[3] == 0 ? UTF_32LE : StandardCharsets.UTF_16LE;
            }
            return StandardCharsets.UTF_8;
        }

        private static boolean startsWith(byte[] head, int... bytes) {
            for (int i = 0; i < bytes.length; i++) {
                if (i >= head.length || (head[i] & 0xff) != bytes[i]) {
                    return false;
                }
            }
            return true;
        }
    }

    private final InputStream in;

    /** Null before the first bytes were asked for. */
    private InputStream document;

    /**
     * Reads nothing yet.
     *
     * @param in the document as it was saved; closed with this stream
     */
    Utf8Input(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int count) throws IOException {
        if (document == null) {
            document = open();
        }
        return document.read(bytes, from, count);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    private InputStream open() throws IOException {
        byte[] head = in.readNBytes(4);
        Encoding encoding = Encoding.of(head);
        int mark = encoding.markLength;
        InputStream text =
                new SequenceInputStream(
                        new ByteArrayInputStream(head, mark, head.length - mark), in);
        return encoding.charset.equals(StandardCharsets.UTF_8)
                ? text
                : new Transcoded(text, encoding.charset);
    }

    /** Text of another encoding, as UTF-8. */
    private static final class Transcoded extends InputStream {
        private final Charset charset;
        private final Reader in;
        private final CharsetEncoder utf8 =
                StandardCharsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPORT);
        private final CharBuffer chars = CharBuffer.allocate(1 << 14);
        private final ByteBuffer bytes = ByteBuffer.allocate(3 << 14).flip();
        private boolean ended;

        Transcoded(InputStream in, Charset charset) {
            this.charset = charset;
            this.in =
                    new InputStreamReader(
                            in,
                            charset.newDecoder()
                                    .onMalformedInput(CodingErrorAction.REPORT)
                                    .onUnmappableCharacter(CodingErrorAction.REPORT));
        }

        @Override
        public int read() throws IOException {
            return fill() ? bytes.get() & 0xff : -1;
        }

        @Override
        public int read(byte[] into, int from, int count) throws IOException {
            if (count == 0) {
                return 0;
            }
            if (!fill()) {
                return -1;
            }
            int given = Math.min(count, bytes.remaining());
            bytes.get(into, from, given);
            return given;
        }

        /** Sees to it that there are bytes; false at the end of the text. */
        private boolean fill() throws IOException {
            try {
                while (!bytes.hasRemaining() && !ended) {
                    // half a surrogate pair may be left from before
                    ended = in.read(chars) < 0;
                    bytes.clear();
                    CoderResult result = utf8.encode(chars.flip(), bytes, ended);
                    if (result.isError()) {
                        result.throwException();
                    }
                    chars.compact();
                    bytes.flip();
                }
            } catch (CharacterCodingException e) {
                throw new IOException("not valid " + charset, e);
            }
            return bytes.hasRemaining();
        }
    }
}
