package dev.fern.detection.draw;

import dev.fern.detection.image.BgrImage;
import java.awt.Color;
import java.awt.Rectangle;
import java.util.List;

/**
 * Draws boxes with labels on an image: one colour per category, lines and text in proportion to the
 * image. A label goes where it covers no other label and hides no box, see {@link LabelPlacement}.
 * Where there is no such place, the painter leaves out the label of the less important box, whose
 * colour still shows its category. A label that is wider than the image is shortened.
 */
public final class DetectionPainter {

    /** Successive multiples of the golden ratio keep any number of hues far apart. */
    private static final double GOLDEN_RATIO = 0.6180339887498949;

    /** Heights of letters in pixels, with ascenders and descenders. */
    private static final int SMALLEST_LETTERS = 8;

    /** In pictures that are large enough for it, so that the letters can be read. */
    private static final int USUAL_LETTERS = 12;

    /** Letters below the usual height take this part of the picture's shorter side. */
    private static final int SMALL_PART = 18;

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
        int size = letters(shortSide);
        LabelPlacement places =
                new LabelPlacement(
                        image.width(),
                        image.height(),
                        boxes.stream().map(box -> rectangle(box, image)).toList());
        for (LabelledBox box : boxes) {
            if (!box.label().isBlank()) {
                paintLabel(image, box, size, places);
            }
        }
    }

    /** Returns the height of the letters in a picture, in proportion to its shorter side. */
    private static int letters(int shortSide) {
        int small = Math.max(SMALLEST_LETTERS, Math.min(USUAL_LETTERS, shortSide / SMALL_PART));
        return Math.min(LARGEST_LETTERS, Math.max(small, shortSide / 36));
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

    private void paintLabel(BgrImage image, LabelledBox box, int size, LabelPlacement places) {
        Color ground = color(box.category());
        Lettering.Label label =
                lettering.write(oneLine(box.label()), size, ground, ink(ground), image.width());
        if (label == null) {
            return;
        }
        places.place(rectangle(box, image), label.width(), label.height())
                .ifPresent(
                        place -> {
                            try (BgrImage part = part(image, place.getBounds())) {
                                part.put(label.bgr());
                            }
                        });
    }

    /** Returns a label without characters that break lines or turn the direction of writing. */
    private static String oneLine(String label) {
        String line = label.replaceAll("\\R|[\\p{Cc}\\u202a-\\u202e\\u2066-\\u2069]", "?");
        int most = Math.min(MOST_CHARACTERS, line.codePointCount(0, line.length()));
        return line.substring(0, line.offsetByCodePoints(0, most));
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
