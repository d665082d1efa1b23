package dev.fern.detection.video;

import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.OpenCv;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;
import org.opencv.core.CvType;
import org.opencv.core.Mat;
import org.opencv.core.Size;
import org.opencv.imgproc.Imgproc;
import org.opencv.videoio.VideoWriter;
import org.opencv.videoio.Videoio;

/**
 * A video that is written frame by frame: Motion JPEG in AVI, which OpenCV writes everywhere. The
 * file appears under its name when it is closed, whole.
 */
public final class VideoFile implements Closeable {

    private static final double USUAL_RATE = 25;
    private static final double LARGEST_RATE = 1000;

    private final Path file;
    private final Path temporary;
    private final double rate;
    private VideoWriter writer;
    private Size size;

    /**
     * Prepares a video. Nothing is written before the first frame.
     *
     * @param file ends in .avi; its folder is made with the first frame
     * @param framesPerSecond how many frames are shown in a second, rounded to 1 to 1000; 25 where
     *     it is not above 0
     */
    public VideoFile(Path file, double framesPerSecond) {
        this.file = file;
        temporary =
                file.resolveSibling("." + file.getFileName() + "." + UUID.randomUUID() + ".avi");
        rate =
                framesPerSecond > 0
                        ? Math.max(1, Math.min(Math.round(framesPerSecond), LARGEST_RATE))
                        : USUAL_RATE;
    }

    /**
     * Appends a frame.
     *
     * @param frame resized where it is not as large as the first one; the caller closes it
     * @throws IOException if the file can't be made
     */
    public void add(BgrImage frame) throws IOException {
        if (writer == null) {
            open(frame);
        }
        Mat pixels = new Mat(frame.height(), frame.width(), CvType.CV_8UC3);
        try {
            pixels.put(0, 0, frame.pixels());
            if (!pixels.size().equals(size)) {
                Imgproc.resize(pixels, pixels, size);
            }
            writer.write(pixels);
        } finally {
            OpenCv.release(pixels);
        }
    }

    private void open(BgrImage first) throws IOException {
        OpenCv.load();
        if (file.toAbsolutePath().getParent() != null) {
            Files.createDirectories(file.toAbsolutePath().getParent());
        }
        size = new Size(first.width(), first.height());
        writer =
                new VideoWriter(
                        temporary.toString(),
                        Videoio.CAP_OPENCV_MJPEG,
                        VideoWriter.fourcc('M', 'J', 'P', 'G'),
                        rate,
                        size);
        if (!writer.isOpened()) {
            throw new VideoException(file.toString(), "can't be written");
        }
    }

    /** Ends the video and gives it its name; there is none if it has no frame. */
    @Override
    public void close() throws IOException {
        if (writer == null) {
            return;
        }
        try {
            writer.release();
            Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
            writer = null;
        }
    }
}
