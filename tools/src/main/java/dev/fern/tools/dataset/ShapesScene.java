package dev.fern.tools.dataset;

import dev.fern.cocoeval.Box;
import dev.fern.detection.image.ImageSize;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.DataBufferInt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * One synthetic picture: overlapping shapes on a mottled background with stray lines and noise, and
 * what is visible of each shape.
 *
 * <p>A map that says which object owns which pixel is painted along with the picture. Boxes and
 * areas are therefore those of the visible part, as an annotator who sees only the picture would
 * draw them. A shape that would leave less than half of itself or of another one visible is not
 * placed.
 */
final class ShapesScene {

    /** The probability that a shape has about the hue of its category. */
    private static final double TYPICAL_HUE = 0.85;

    private static final double HUE_SPREAD = 0.08;

    private static final double MIN_VISIBLE = 0.5;
    private static final int PLACING_ATTEMPTS = 20;
    private static final int MIN_SIDE = 16;
    private static final double EMPTY_SHARE = 0.05;
    private static final double CROWD_SHARE = 0.08;

    /**
     * The visible part of an object.
     *
     * @param category what it shows
     * @param box around its visible pixels
     * @param area number of its visible pixels
     * @param crowd whether it is a cluster of many small shapes under one box
     */
    record VisibleObject(ShapeCategory category, Box box, int area, boolean crowd) {}

    /** An object on the picture, with the number of pixels that it would have if nothing hid it. */
    private record Placed(ShapeCategory category, boolean crowd, double pixels) {}

    /**
     * A shape at its place.
     *
     * @param outline in pixels of the picture
     * @param area of the whole shape in square pixels, also outside the picture
     */
    private record PlacedShape(Shape outline, double area) {}

    private final int width;
    private final int height;
    private final Optional<IntRange> sides;
    private final SplittableRandom random;
    private final BufferedImage image;

    /** The picture's pixels, 0xRRGGBB. */
    private final int[] rgb;

    private final Graphics2D graphics;

    /** Index of the object that is visible at each pixel, -1 for the background. */
    private final int[] owner;

    private final List<Placed> placed = new ArrayList<>();
    private final int[] visible;

    /**
     * Paints a picture. The same random numbers give the same picture.
     *
     * @param size of the picture
     * @param counts number of shapes, of which those without room are left out; one picture in
     *     twenty has none
     * @param sides sides of the shapes in pixels, before they are stretched; empty for small,
     *     medium and large ones equally often
     * @param random decides everything else
     */
    ShapesScene(
            ImageSize size, IntRange counts, Optional<IntRange> sides, SplittableRandom random) {
        this.width = size.width();
        this.height = size.height();
        this.sides = sides;
        this.random = random;
        this.image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        this.rgb = ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
        this.owner = new int[width * height];
        Arrays.fill(owner, -1);
        Clutter clutter = new Clutter(image, random);
        clutter.paintBackground();
        this.graphics = image.createGraphics();
        graphics.setRenderingHint(
                RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(
                RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        clutter.paintStrayLines(graphics);
        int objects =
                random.nextDouble() < EMPTY_SHARE
                        ? 0
                        : random.nextInt(counts.min(), counts.max() + 1);
        this.visible = new int[objects + 1];
        if (objects > 0 && random.nextDouble() < CROWD_SHARE) {
            placeCrowd();
        }
        for (int i = 0; i < objects; i++) {
            placeShape();
        }
        graphics.dispose();
        clutter.addNoise();
    }

    BufferedImage image() {
        return image;
    }

    /** Returns the objects, from the farthest to the nearest. */
    List<VisibleObject> objects() {
        int[] left = new int[placed.size()];
        int[] top = new int[placed.size()];
        int[] right = new int[placed.size()];
        int[] bottom = new int[placed.size()];
        Arrays.fill(left, width);
        Arrays.fill(top, height);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int object = owner[y * width + x];
                if (object >= 0) {
                    left[object] = Math.min(left[object], x);
                    top[object] = Math.min(top[object], y);
                    right[object] = Math.max(right[object], x + 1);
                    bottom[object] = Math.max(bottom[object], y + 1);
                }
            }
        }
        List<VisibleObject> objects = new ArrayList<>();
        for (int i = 0; i < placed.size(); i++) {
            Box box = new Box(left[i], top[i], right[i] - left[i], bottom[i] - top[i]);
            objects.add(
                    new VisibleObject(
                            placed.get(i).category(), box, visible[i], placed.get(i).crowd()));
        }
        return objects;
    }

    private void placeShape() {
        ShapeCategory category = anyCategory();
        double side = side();
        for (int attempt = 0; attempt < PLACING_ATTEMPTS; attempt++) {
            double x = random.nextDouble(width);
            double y = random.nextDouble(height);
            if (place(category, List.of(shape(category, x, y, side)), false)) {
                return;
            }
        }
    }

    private void placeCrowd() {
        ShapeCategory category = anyCategory();
        double spread = Math.min(width, height) * random.nextDouble(0.12, 0.2);
        for (int attempt = 0; attempt < PLACING_ATTEMPTS; attempt++) {
            double x = random.nextDouble(width);
            double y = random.nextDouble(height);
            List<PlacedShape> members = new ArrayList<>();
            for (int i = random.nextInt(12, 25); i > 0; i--) {
                double memberX = x + 1.4 * spread * random.nextDouble(-1, 1);
                double memberY = y + spread * random.nextDouble(-1, 1);
                members.add(shape(category, memberX, memberY, random.nextDouble(6, 10)));
            }
            if (place(category, members, true)) {
                return;
            }
        }
    }

    private ShapeCategory anyCategory() {
        return ShapeCategory.values()[random.nextInt(ShapeCategory.values().length)];
    }

    /**
     * Returns the side of a shape in pixels, as far as the picture has room: from the range that is
     * wanted, or small, medium and large by COCO's area ranges about equally often.
     */
    private double side() {
        double largest = 0.8 * Math.min(width, height);
        if (sides.isPresent()) {
            double from = Math.min(sides.get().min(), largest);
            return from
                    * Math.pow(Math.min(sides.get().max(), largest) / from, random.nextDouble());
        }
        double[] limits = {MIN_SIDE, Math.min(32, largest), Math.min(110, largest), largest};
        int range = random.nextInt(3);
        return limits[range] * Math.pow(limits[range + 1] / limits[range], random.nextDouble());
    }

    private PlacedShape shape(ShapeCategory category, double x, double y, double side) {
        double stretch = Math.pow(2, random.nextDouble(-0.4, 0.4));
        AffineTransform transform = AffineTransform.getTranslateInstance(x, y);
        transform.rotate(random.nextDouble(-0.7, 0.7));
        transform.scale(side * stretch, side / stretch);
        Shape outline = transform.createTransformedShape(category.outline());
        return new PlacedShape(outline, category.area() * side * side);
    }

    /** Paints the shapes as one object unless that would hide too much; returns whether it did. */
    private boolean place(ShapeCategory category, List<PlacedShape> shapes, boolean crowd) {
        byte[] mask = mask(shapes);
        double pixels = shapes.stream().mapToDouble(PlacedShape::area).sum();
        int inside = 0;
        int[] hidden = new int[placed.size()];
        for (int i = 0; i < mask.length; i++) {
            if (mask[i] != 0) {
                inside++;
                if (owner[i] >= 0) {
                    hidden[owner[i]]++;
                }
            }
        }
        if (inside < MIN_VISIBLE * pixels || inside == 0) {
            return false;
        }
        for (int i = 0; i < hidden.length; i++) {
            if (visible[i] - hidden[i] < MIN_VISIBLE * placed.get(i).pixels()) {
                return false;
            }
        }
        Color under = meanColor(mask);
        for (int i = 0; i < mask.length; i++) {
            if (mask[i] != 0) {
                owner[i] = placed.size();
            }
        }
        for (int i = 0; i < hidden.length; i++) {
            visible[i] -= hidden[i];
        }
        visible[placed.size()] = inside;
        placed.add(new Placed(category, crowd, pixels));
        shapes.forEach(shape -> paint(shape.outline(), category, under));
        return true;
    }

    /** Returns a map that is not 0 where the centre of a pixel lies in one of the shapes. */
    private byte[] mask(List<PlacedShape> shapes) {
        BufferedImage mask = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        Graphics2D painter = mask.createGraphics();
        painter.setColor(Color.WHITE);
        shapes.forEach(shape -> painter.fill(shape.outline()));
        painter.dispose();
        return ((DataBufferByte) mask.getRaster().getDataBuffer()).getData();
    }

    private Color meanColor(byte[] mask) {
        long red = 0;
        long green = 0;
        long blue = 0;
        int count = 0;
        for (int i = 0; i < mask.length; i++) {
            if (mask[i] != 0) {
                red += rgb[i] >> 16 & 255;
                green += rgb[i] >> 8 & 255;
                blue += rgb[i] & 255;
                count++;
            }
        }
        return new Color((int) (red / count), (int) (green / count), (int) (blue / count));
    }

    /**
     * Fills a shape with a shaded colour that stands out from what is under it. Most often the
     * colour is near the category's own hue: a hint that a small network picks up within minutes,
     * but can't rely on.
     */
    private void paint(Shape shape, ShapeCategory category, Color under) {
        Color color = under;
        for (int attempt = 0;
                attempt < PLACING_ATTEMPTS && distance(color, under) < 90;
                attempt++) {
            color =
                    Color.getHSBColor(
                            (float) hue(category),
                            (float) random.nextDouble(0.6, 1),
                            (float) random.nextDouble(0.6, 1));
        }
        Rectangle bounds = shape.getBounds();
        Color shaded = scaled(color, random.nextDouble(0.7, 1));
        graphics.setPaint(
                new GradientPaint(
                        bounds.x,
                        bounds.y,
                        color,
                        (float) bounds.getMaxX(),
                        (float) (bounds.y + random.nextDouble() * bounds.height),
                        shaded));
        graphics.fill(shape);
        if (random.nextDouble() < 0.3) {
            graphics.setClip(shape);
            graphics.setColor(scaled(color, 0.45));
            graphics.setStroke(new BasicStroke(Math.max(2f, bounds.width / 16f)));
            graphics.draw(shape);
            graphics.setClip(null);
        }
    }

    private double hue(ShapeCategory category) {
        double own = (double) category.ordinal() / ShapeCategory.values().length;
        return random.nextDouble() < TYPICAL_HUE
                ? own + random.nextDouble(-HUE_SPREAD, HUE_SPREAD)
                : random.nextDouble();
    }

    private static double distance(Color a, Color b) {
        return Math.sqrt(
                Math.pow(a.getRed() - b.getRed(), 2)
                        + Math.pow(a.getGreen() - b.getGreen(), 2)
                        + Math.pow(a.getBlue() - b.getBlue(), 2));
    }

    private static Color scaled(Color color, double factor) {
        return new Color(
                (int) (color.getRed() * factor),
                (int) (color.getGreen() * factor),
                (int) (color.getBlue() * factor));
    }
}
