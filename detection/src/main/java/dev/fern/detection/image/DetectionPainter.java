package dev.fern.detection.image;

import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import org.opencv.core.Mat;
import org.opencv.core.Point;
import org.opencv.core.Rect;
import org.opencv.core.Scalar;
import org.opencv.core.Size;
import org.opencv.imgproc.Imgproc;

/**
 * Draws boxes with labels on an image: one colour per category, lines and text in proportion to the
 * image. A label goes where it covers no other label: above its box, below it or inside. Where
 * boxes crowd so much that there is no such place, the painter leaves out the label of the less
 * important box, whose colour still shows its category.
 */
public final class DetectionPainter {

    private static final int FONT = Imgproc.FONT_HERSHEY_SIMPLEX;

    /** Successive multiples of the golden ratio keep any number of hues far apart. */
    private static final double GOLDEN_RATIO = 0.6180339887498949;

    /** A label may share this much of its area with another one. */
    private static final double BEARABLE_OVERLAP = 0.05;

    /** Labels together cover at most this part of the picture, so that it stays visible. */
    private static final double LABELLED_PART = 0.25;

    private static final Scalar BLACK = new Scalar(0, 0, 0);
    private static final Scalar WHITE = new Scalar(255, 255, 255);

    /**
     * Draws onto an image.
     *
     * @param image is changed
     * @param boxes the most important first: it lies on top and gets its label first
     */
    public void paint(BgrImage image, List<LabelledBox> boxes) {
        Mat mat = image.mat();
        int shortSide = Math.min(image.width(), image.height());
        int lineWidth = Math.max(1, Math.round(shortSide / 320f));
        for (int i = boxes.size() - 1; i >= 0; i--) {
            LabelledBox box = boxes.get(i);
            Imgproc.rectangle(
                    mat,
                    rectangle(box, image),
                    bgr(color(box.category())),
                    lineWidth,
                    Imgproc.LINE_8);
        }
        double fontScale = Math.min(2, Math.max(0.35, shortSide / 1100.0));
        List<Rect> taken = new ArrayList<>();
        for (LabelledBox box : boxes) {
            if (!box.label().isEmpty()) {
                paintLabel(image, box, fontScale, taken);
            }
        }
    }

    /**
     * Returns the colour of a category, the same in every picture.
     *
     * @param category index of the category, at least 0
     * @return the colour
     */
    public static Color color(int category) {
        double hue = category * GOLDEN_RATIO % 1;
        // Later rounds through the hues are darker or paler, so that they differ from earlier ones.
        float saturation = category / 6 % 2 == 0 ? 0.9f : 0.55f;
        float brightness = category / 12 % 2 == 0 ? 0.95f : 0.65f;
        return Color.getHSBColor((float) hue, saturation, brightness);
    }

    private static void paintLabel(
            BgrImage image, LabelledBox box, double fontScale, List<Rect> taken) {
        String text = box.label().replaceAll("[^ -~]", "?");
        int thickness = fontScale < 0.8 ? 1 : 2;
        int[] descent = new int[1];
        Size textSize = Imgproc.getTextSize(text, FONT, fontScale, thickness, descent);
        int margin = Math.max(2, (int) Math.round(4 * fontScale));
        int width = (int) textSize.width + 2 * margin;
        int height = (int) textSize.height + descent[0] / 2 + 2 * margin;
        double covered = taken.stream().mapToDouble(Rect::area).sum() + width * height;
        Rect place = place(image, box, width, height, taken);
        boolean first = taken.isEmpty();
        if (place == null || !first && covered > LABELLED_PART * image.width() * image.height()) {
            return;
        }
        taken.add(place);
        Color color = color(box.category());
        Imgproc.rectangle(image.mat(), place, bgr(color), Imgproc.FILLED);
        Imgproc.putText(
                image.mat(),
                text,
                new Point(place.x + margin, place.y + margin + textSize.height),
                FONT,
                fontScale,
                luminance(color) > 140 ? BLACK : WHITE,
                thickness,
                Imgproc.LINE_AA);
    }

    /** Returns the first free place around or in the box, or null if there is none. */
    private static Rect place(
            BgrImage image, LabelledBox box, int width, int height, List<Rect> taken) {
        Rect frame = rectangle(box, image);
        int right = frame.x + frame.width - width;
        int below = frame.y + frame.height;
        int[][] corners = {
            {frame.x, frame.y - height},
            {right, frame.y - height},
            {frame.x, below},
            {right, below},
            {frame.x, frame.y},
            {frame.x, below - height},
        };
        for (int[] corner : corners) {
            int x = Math.max(0, Math.min(corner[0], image.width() - width));
            int y = Math.max(0, Math.min(corner[1], image.height() - height));
            Rect candidate = new Rect(x, y, width, height);
            if (taken.stream().allMatch(t -> overlap(t, candidate) <= BEARABLE_OVERLAP)) {
                return candidate;
            }
        }
        return null;
    }

    /** Returns the part of the smaller rectangle's area that lies within the other. */
    private static double overlap(Rect a, Rect b) {
        double width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
        double height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
        return width <= 0 || height <= 0 ? 0 : width * height / Math.min(a.area(), b.area());
    }

    private static Rect rectangle(LabelledBox box, BgrImage image) {
        int x1 = clamp(box.x1(), image.width());
        int y1 = clamp(box.y1(), image.height());
        int x2 = clamp(box.x2(), image.width());
        int y2 = clamp(box.y2(), image.height());
        return new Rect(x1, y1, Math.max(1, x2 - x1 + 1), Math.max(1, y2 - y1 + 1));
    }

    private static int clamp(float position, int length) {
        return Math.max(0, Math.min(length - 1, Math.round(position)));
    }

    private static Scalar bgr(Color color) {
        return new Scalar(color.getBlue(), color.getGreen(), color.getRed());
    }

    private static double luminance(Color color) {
        return 0.299 * color.getRed() + 0.587 * color.getGreen() + 0.114 * color.getBlue();
    }
}
