package dev.fern.detection.draw;

import dev.fern.detection.image.BgrImage;
import java.awt.Color;
import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws boxes with labels on an image: one colour per category, lines and text in proportion to the
 * image. A label goes where it covers no other label: above its box, below it or inside. Where
 * boxes crowd so much that there is no such place, the painter leaves out the label of the less
 * important box, whose colour still shows its category. A label that is wider than the image is
 * shortened.
 */
public final class DetectionPainter {

    /** Successive multiples of the golden ratio keep any number of hues far apart. */
    private static final double GOLDEN_RATIO = 0.6180339887498949;

    /** A label may share this much of its area with another one. */
    private static final double BEARABLE_OVERLAP = 0.05;

    /** Labels together cover at most this part of the picture, so that it stays visible. */
    private static final double LABELLED_PART = 0.25;

    /** Heights of letters in pixels, with ascenders and descenders. */
    private static final int SMALLEST_LETTERS = 12;

    private static final int LARGEST_LETTERS = 160;

    /** No label that is longer than this has room anywhere. */
    private static final int MOST_CHARACTERS = 200;

    private final Lettering lettering;

    /** Makes a painter that writes with the fonts of the machine, if it has any. */
    public DetectionPainter() {
        this(FontLettering.find().orElseGet(StrokeLettering::new));
    }

    DetectionPainter(Lettering lettering) {
        this.lettering = lettering;
    }

    /**
     * {@return whether the machine has fonts; if not, labels are written in ASCII alone, without
     * accents}
     */
    public boolean hasFonts() {
        return !(lettering instanceof StrokeLettering);
    }

    /**
     * {@return whether the machine has a font with every character of a label}
     *
     * @param label the text
     */
    public boolean canWrite(String label) {
        return lettering.canWrite(label);
    }

    /**
     * Draws onto an image.
     *
     * @param image is changed
     * @param boxes the most important first: it lies on top and gets its label first
     */
    public void paint(BgrImage image, List<LabelledBox> boxes) {
        int shortSide = Math.min(image.width(), image.height());
        int lineWidth = Math.max(1, Math.round(shortSide / 320f));
        for (int i = boxes.size() - 1; i >= 0; i--) {
            paintFrame(image, rectangle(boxes.get(i), image), lineWidth, boxes.get(i).category());
        }
        int size = Math.min(LARGEST_LETTERS, Math.max(SMALLEST_LETTERS, shortSide / 36));
        List<Rectangle> taken = new ArrayList<>();
        for (LabelledBox box : boxes) {
            if (!box.label().isBlank()) {
                paintLabel(image, box, size, taken);
            }
        }
    }

    /** Draws the four sides of a rectangle, whose pixels are in the middle of the lines. */
    private static void paintFrame(BgrImage image, Rectangle frame, int lineWidth, int category) {
        int left = frame.x - lineWidth / 2;
        int top = frame.y - lineWidth / 2;
        int width = frame.width - 1 + lineWidth;
        int height = frame.height - 1 + lineWidth;
        Color color = color(category);
        fill(image, new Rectangle(left, top, width, lineWidth), color);
        fill(image, new Rectangle(left, top + height - lineWidth, width, lineWidth), color);
        fill(image, new Rectangle(left, top, lineWidth, height), color);
        fill(image, new Rectangle(left + width - lineWidth, top, lineWidth, height), color);
    }

    private static void fill(BgrImage image, Rectangle area, Color color) {
        Rectangle visible = area.intersection(new Rectangle(image.width(), image.height()));
        if (!visible.isEmpty()) {
            try (BgrImage part = part(image, visible)) {
                part.fill(color);
            }
        }
    }

    private static BgrImage part(BgrImage image, Rectangle area) {
        return image.crop(area.x, area.y, area.width, area.height);
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

    private void paintLabel(BgrImage image, LabelledBox box, int size, List<Rectangle> taken) {
        Color ground = color(box.category());
        Lettering.Label label =
                lettering.write(oneLine(box.label()), size, ground, ink(ground), image.width());
        if (label == null || label.height() > image.height()) {
            return;
        }
        double covered = taken.stream().mapToDouble(DetectionPainter::area).sum();
        covered += (double) label.width() * label.height();
        Rectangle place = place(image, box, label.width(), label.height(), taken);
        boolean first = taken.isEmpty();
        if (place == null || !first && covered > LABELLED_PART * image.width() * image.height()) {
            return;
        }
        taken.add(place);
        try (BgrImage part = part(image, place)) {
            part.put(label.bgr());
        }
    }

    /** Returns a label without characters that break lines or turn the direction of writing. */
    private static String oneLine(String label) {
        String line = label.replaceAll("\\R|[\\p{Cc}\\u202a-\\u202e\\u2066-\\u2069]", "?");
        int most = Math.min(MOST_CHARACTERS, line.codePointCount(0, line.length()));
        return line.substring(0, line.offsetByCodePoints(0, most));
    }

    /** Returns the first free place around or in the box, or null if there is none. */
    private static Rectangle place(
            BgrImage image, LabelledBox box, int width, int height, List<Rectangle> taken) {
        Rectangle frame = rectangle(box, image);
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
            Rectangle candidate = new Rectangle(x, y, width, height);
            if (taken.stream().allMatch(t -> overlap(t, candidate) <= BEARABLE_OVERLAP)) {
                return candidate;
            }
        }
        return null;
    }

    /** Returns the part of the smaller rectangle's area that lies within the other. */
    private static double overlap(Rectangle a, Rectangle b) {
        double width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
        double height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
        return width <= 0 || height <= 0 ? 0 : width * height / Math.min(area(a), area(b));
    }

    private static Rectangle rectangle(LabelledBox box, BgrImage image) {
        int x1 = clamp(box.x1(), image.width());
        int y1 = clamp(box.y1(), image.height());
        int x2 = clamp(box.x2(), image.width());
        int y2 = clamp(box.y2(), image.height());
        return new Rectangle(x1, y1, Math.max(1, x2 - x1 + 1), Math.max(1, y2 - y1 + 1));
    }

    private static int clamp(float position, int length) {
        return Math.max(0, Math.min(length - 1, Math.round(position)));
    }

    private static double area(Rectangle rectangle) {
        return (double) rectangle.width * rectangle.height;
    }

    /** Returns the one of black and white that stands out more (contrast ratio of WCAG 2.1). */
    static Color ink(Color ground) {
        double luminance =
                0.2126 * linear(ground.getRed())
                        + 0.7152 * linear(ground.getGreen())
                        + 0.0722 * linear(ground.getBlue());
        return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? Color.BLACK : Color.WHITE;
    }

    private static double linear(int component) {
        double c = component / 255.0;
        return c <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
    }
}
