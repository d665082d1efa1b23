package dev.fern.detection.video;

import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Frames that are JPEG images. Each is read by way of a temporary file, as any image is. */
final class MotionJpeg implements FrameSource {

    private final InputStream in;
    private final String name;
    private final FrameBytes bytes;
    private final ImageReader reader;
    private final Path temporary;

    /** The frame before the first {@link #advance} and from then on the frame that it came to. */
    private byte[] current;

    private boolean isAhead;
    private long frames;

    /** Reads the first frame, so that rate and number are known and the coding can be seen. */
    MotionJpeg(InputStream in, String name, FrameBytes bytes, ImageReader reader)
            throws IOException {
        this.in = in;
        this.name = name;
        this.bytes = bytes;
        this.reader = reader;
        current = bytes.next();
        isAhead = true;
        temporary = Files.createTempFile("fern-frame", ".jpg");
    }

    /** Returns whether there is a frame and it is a JPEG image. */
    boolean startsWithJpeg() {
        return current != null
                && current.length > 2
                && (current[0] & 0xff) == 0xff
                && (current[1] & 0xff) == 0xd8;
    }

    @Override
    public boolean advance() throws IOException {
        if (isAhead) {
            isAhead = false;
        } else {
            current = bytes.next();
        }
        frames++;
        return current != null;
    }

    @Override
    public BgrImage frame() throws IOException {
        Files.write(temporary, current);
        try {
            return reader.read(temporary);
        } catch (ImageReadException e) {
            String problem = e.getMessage().replace(temporary + ": ", "");
            throw new VideoException(name, "frame " + frames + ": " + problem, e);
        }
    }

    @Override
    public double framesPerSecond() {
        return bytes.framesPerSecond();
    }

    @Override
    public long frameCount() {
        return bytes.frameCount();
    }

    @Override
    public void close() throws IOException {
        try (in) {
            Files.deleteIfExists(temporary);
        }
    }
}
