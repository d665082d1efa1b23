package dev.fern.detection.draw;

import dev.fern.detection.image.OpenCv;
import java.awt.Color;
import org.opencv.core.CvType;
import org.opencv.core.Mat;
import org.opencv.core.Point;
import org.opencv.core.Scalar;
import org.opencv.core.Size;
import org.opencv.imgproc.Imgproc;

/** Writes ASCII with OpenCV's strokes, which need no fonts. Thread-safe. */
final class StrokeLettering implements Lettering {

    private static final int FONT = Imgproc.FONT_HERSHEY_SIMPLEX;

    /** Height in pixels, from ascender to descender, of letters at a scale of 1. */
    private static final double HEIGHT = 32;

    @Override
    public boolean canWrite(String text) {
        return text.chars().allMatch(c -> c >= ' ' && c <= '~');
    }

    @Override
    public Label write(String text, int size, Color ground, Color ink, int mostWidth) {
        OpenCv.load();
        String written = text.replaceAll("[^ -~]", "?");
        double scale = size / HEIGHT;
        int thickness = scale < 0.8 ? 1 : 2;
        int margin = Math.max(2, size / 5);
        int[] descent = new int[1];
        Size extent = Imgproc.getTextSize(written, FONT, scale, thickness, descent);
        for (int left = written.length() - 1; (int) extent.width + 2 * margin > mostWidth; left--) {
            if (left < 1) {
                return null;
            }
            written = Lettering.shortened(written, left, "");
            extent = Imgproc.getTextSize(written, FONT, scale, thickness, descent);
        }
        int width = (int) extent.width + 2 * margin;
        int height = (int) extent.height + descent[0] / 2 + 2 * margin;
        Mat mat = new Mat(height, width, CvType.CV_8UC3, bgr(ground));
        try {
            Imgproc.putText(
                    mat,
                    written,
                    new Point(margin, margin + extent.height),
                    FONT,
                    scale,
                    bgr(ink),
                    thickness,
                    Imgproc.LINE_AA);
            byte[] pixels = new byte[3 * width * height];
            mat.get(0, 0, pixels);
            return new Label(width, height, pixels);
        } finally {
            OpenCv.release(mat);
        }
    }

    private static Scalar bgr(Color color) {
        return new Scalar(color.getBlue(), color.getGreen(), color.getRed());
    }
}
