package dev.fern.detection.video;

import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.OpenCv;
import java.nio.file.Path;
import org.opencv.core.CvType;
import org.opencv.core.Mat;
import org.opencv.videoio.VideoCapture;
import org.opencv.videoio.Videoio;

/** Frames that OpenCV's VideoCapture reads. */
final class CapturedVideo implements FrameSource {

    private final String name;
    private final VideoCapture capture;
    private final long maxPixels;
    private long frames;

    /** Opens a file or a device. */
    CapturedVideo(Path file, ImageReader reader) throws VideoException {
        OpenCv.load();
        name = file.toString();
        maxPixels = reader.maxPixels();
        capture = new VideoCapture(name);
        if (!capture.isOpened()) {
            throw new VideoException(
                    name,
                    "not a video that OpenCV opens here; on Linux it reads Motion JPEG and cameras."
                            + " Convert it (ffmpeg -i VIDEO -c:v mjpeg -q:v 2 -an VIDEO.avi) or pipe"
                            + " it (ffmpeg -i VIDEO -f mjpeg -q:v 2 - | fern detect ... -)");
        }
    }

    @Override
    public boolean advance() {
        frames++;
        return capture.grab();
    }

    @Override
    public BgrImage frame() throws VideoException {
        double pixels =
                capture.get(Videoio.CAP_PROP_FRAME_WIDTH)
                        * capture.get(Videoio.CAP_PROP_FRAME_HEIGHT);
        if (pixels > maxPixels) {
            throw new VideoException(
                    name, "its frames have more pixels than the limit of " + maxPixels);
        }
        Mat mat = new Mat();
        try {
            if (!capture.retrieve(mat) || mat.empty() || mat.type() != CvType.CV_8UC3) {
                throw new VideoException(name, "frame " + frames + " can't be decoded");
            }
            byte[] bgr = new byte[Math.toIntExact(mat.total() * 3)];
            mat.get(0, 0, bgr);
            return BgrImage.of(mat.cols(), mat.rows(), bgr);
        } finally {
            OpenCv.release(mat);
        }
    }

    @Override
    public double framesPerSecond() {
        double rate = capture.get(Videoio.CAP_PROP_FPS);
        return rate > 0 && Double.isFinite(rate) ? rate : 0;
    }

    @Override
    public long frameCount() {
        return Math.max(0, (long) capture.get(Videoio.CAP_PROP_FRAME_COUNT));
    }

    @Override
    public void close() {
        capture.release();
    }
}
