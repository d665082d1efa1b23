package dev.fern.detection.video;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * The frames of the first video stream of an AVI file (Microsoft's RIFF), read from the front: a
 * file without an index, as a recording that was cut short, gives the frames that it has.
 */
final class AviFrames implements FrameBytes {

    /** Lists whose chunks are read as if they stood outside; what is in others is passed over. */
    private static final Set<String> OPENED = Set.of("hdrl", "movi", "rec ", "AVI ", "AVIX");

    private static final int CHUNK_HEADER = 8;
    private static final int MAIN_HEADER = 20;

    private final InputStream in;
    private final String name;
    private long frames;
    private String stream;
    private double framesPerSecond;
    private long frameCount;

    AviFrames(InputStream in, String name) {
        this.in = in;
        this.name = name;
    }

    @Override
    public byte[] next() throws IOException {
        for (ByteBuffer header = header(); header != null; header = header()) {
            String id = text(header);
            long size = Integer.toUnsignedLong(header.getInt());
            if (id.equals("RIFF") || id.equals("LIST")) {
                String kind = text(read(4));
                if (!OPENED.contains(kind)) {
                    skip(size - 4 + size % 2);
                }
            } else if (id.equals("avih") && size >= MAIN_HEADER) {
                readMainHeader(read(MAIN_HEADER));
                skip(size - MAIN_HEADER + size % 2);
            } else if (isFrame(id) && size > 0) {
                return frame(id, size);
            } else {
                skip(size + size % 2);
            }
        }
        return null;
    }

    private void readMainHeader(ByteBuffer header) {
        long micros = Integer.toUnsignedLong(header.getInt(0));
        framesPerSecond = micros == 0 ? 0 : 1e6 / micros;
        frameCount = Integer.toUnsignedLong(header.getInt(16));
    }

    /** Frames are named for their stream: 00dc, compressed, or 00db. */
    private boolean isFrame(String id) {
        return id.matches("[0-9]{2}d[bc]") && (stream == null || id.startsWith(stream));
    }

    private byte[] frame(String id, long size) throws IOException {
        stream = id.substring(0, 2);
        frames++;
        if (size > MOST_BYTES) {
            throw new VideoException(
                    name, "frame " + frames + " has more than " + MOST_BYTES + " bytes");
        }
        byte[] frame = in.readNBytes((int) size);
        if (frame.length < size) {
            throw new VideoException(name, "ends within frame " + frames);
        }
        if (size % 2 == 1) {
            in.read(); // none where the frame is the file's last chunk
        }
        return frame;
    }

    private ByteBuffer header() throws IOException {
        byte[] header = in.readNBytes(CHUNK_HEADER);
        if (header.length == 0) {
            return null;
        }
        if (header.length < CHUNK_HEADER) {
            throw cut();
        }
        return ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer read(int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw cut();
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void skip(long count) throws IOException {
        try {
            in.skipNBytes(Math.max(0, count));
        } catch (EOFException e) {
            throw cut();
        }
    }

    private VideoException cut() {
        return new VideoException(name, "ends early, after frame " + frames);
    }

    private static String text(ByteBuffer bytes) {
        byte[] four = new byte[4];
        bytes.get(four);
        return new String(four, StandardCharsets.ISO_8859_1);
    }

    @Override
    public double framesPerSecond() {
        return framesPerSecond;
    }

    @Override
    public long frameCount() {
        return frameCount;
    }
}
