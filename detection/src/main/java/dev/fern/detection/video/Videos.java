package dev.fern.detection.video;

import dev.fern.detection.image.ImageReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Opens videos. */
public final class Videos {

    private static final int SIGNATURE_BYTES = 12;
    private static final int BUFFER_BYTES = 1 << 16;

    private Videos() {}

    /**
     * Opens a file or a device.
     *
     * @param file Motion JPEG, in AVI or bare, or what OpenCV's VideoCapture opens: the formats of
     *     the platform's own decoders on Windows and macOS, cameras such as {@code /dev/video0} on
     *     Linux
     * @param reader reads the frames of Motion JPEG; its limit of pixels holds for all
     * @return the frames, which the caller closes
     * @throws VideoException if it is no video that can be read here
     * @throws IOException if it can't be read
     */
    public static FrameSource open(Path file, ImageReader reader) throws IOException {
        if (Files.isRegularFile(file)) {
            FrameSource frames = motionJpeg(Files.newInputStream(file), file.toString(), reader);
            if (frames != null) {
                return frames;
            }
        }
        return new CapturedVideo(file, reader);
    }

    /**
     * Opens a stream of Motion JPEG.
     *
     * @param in an AVI file, or JPEG images one behind the other; read as far as frames are asked
     *     for, and closed with the frames
     * @param name names the stream in messages
     * @param reader reads the frames
     * @return the frames, which the caller closes
     * @throws VideoException if the stream is neither
     * @throws IOException if it can't be read
     */
    public static FrameSource open(InputStream in, String name, ImageReader reader)
            throws IOException {
        FrameSource frames = motionJpeg(in, name, reader);
        if (frames == null) {
            throw new VideoException(name, "not a stream of JPEG images, nor an AVI of them");
        }
        return frames;
    }

    /** Returns the frames, or null, with the stream closed, if it is not Motion JPEG. */
    private static FrameSource motionJpeg(InputStream from, String name, ImageReader reader)
            throws IOException {
        InputStream in = new BufferedInputStream(from, BUFFER_BYTES);
        MotionJpeg frames = null;
        try {
            in.mark(SIGNATURE_BYTES);
            byte[] signature = in.readNBytes(SIGNATURE_BYTES);
            in.reset();
            if (isAvi(signature)) {
                frames = new MotionJpeg(in, name, new AviFrames(in, name), reader);
            } else if (signature.length > 2
                    && (signature[0] & 0xff) == 0xff
                    && (signature[1] & 0xff) == 0xd8) {
                frames = new MotionJpeg(in, name, new JpegFrames(in, name), reader);
            }
            if (frames != null && frames.startsWithJpeg()) {
                return frames;
            }
        } catch (IOException e) {
            in.close();
            throw e;
        }
        if (frames == null) {
            in.close();
        } else {
            frames.close();
        }
        return null;
    }

    private static boolean isAvi(byte[] signature) {
        return signature.length == SIGNATURE_BYTES
                && new String(signature, 0, 4, StandardCharsets.ISO_8859_1).equals("RIFF")
                && Arrays.equals(
                        Arrays.copyOfRange(signature, 8, SIGNATURE_BYTES),
                        "AVI ".getBytes(StandardCharsets.ISO_8859_1));
    }
}
