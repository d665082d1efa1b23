package dev.fern.detection.video;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * JPEG images one behind the other, with anything or nothing between them: what {@code ffmpeg -f
 * mjpeg} and web cameras write.
 */
final class JpegFrames implements FrameBytes {

    private static final int START = 0xd8;
    private static final int END = 0xd9;
    private static final int SCAN = 0xda;

    private final InputStream in;
    private final String name;
    private long frames;

    JpegFrames(InputStream in, String name) {
        this.in = in;
        this.name = name;
    }

    @Override
    public byte[] next() throws IOException {
        if (!findStart()) {
            return null;
        }
        frames++;
        ByteArrayOutputStream frame = new ByteArrayOutputStream(1 << 16);
        frame.write(0xff);
        frame.write(START);
        int marker = marker(frame);
        while (marker != END) {
            if (hasLength(marker)) {
                int high = read(frame);
                int length = high << 8 | read(frame);
                byte[] segment = in.readNBytes(Math.max(0, length - 2));
                if (segment.length < length - 2) {
                    throw cut();
                }
                frame.write(segment);
            }
            marker = marker == SCAN || !hasLength(marker) ? afterScan(frame) : marker(frame);
        }
        return frame.toByteArray();
    }

    /** Passes over all before the next FF D8; returns whether there is one. */
    private boolean findStart() throws IOException {
        int last = 0;
        for (int next = in.read(); next >= 0; next = in.read()) {
            if (last == 0xff && next == START) {
                return true;
            }
            last = next;
        }
        return false;
    }

    /** Reads a marker, which may have any number of FF before it. */
    private int marker(ByteArrayOutputStream frame) throws IOException {
        if (read(frame) != 0xff) {
            throw new VideoException(name, "frame " + frames + " is damaged");
        }
        int marker = read(frame);
        while (marker == 0xff) {
            marker = read(frame);
        }
        return marker;
    }

    /** Reads the pixels of a scan and the marker behind them. */
    private int afterScan(ByteArrayOutputStream frame) throws IOException {
        while (true) {
            int next = read(frame);
            while (next == 0xff) {
                next = read(frame);
                if (next != 0 && next != 0xff && !(next >= 0xd0 && next <= 0xd7)) {
                    return next;
                }
            }
        }
    }

    /** Returns whether a segment follows a marker: not after RST0 to RST7, SOI, EOI and TEM. */
    private static boolean hasLength(int marker) {
        return !(marker >= 0xd0 && marker <= END) && marker != 1;
    }

    private int read(ByteArrayOutputStream frame) throws IOException {
        int next = in.read();
        if (next < 0) {
            throw cut();
        }
        if (frame.size() >= MOST_BYTES) {
            throw new VideoException(
                    name, "frame " + frames + " has more than " + MOST_BYTES + " bytes");
        }
        frame.write(next);
        return next;
    }

    private VideoException cut() {
        return new VideoException(name, "ends within frame " + frames);
    }

    @Override
    public double framesPerSecond() {
        return 0;
    }

    @Override
    public long frameCount() {
        return 0;
    }
}
