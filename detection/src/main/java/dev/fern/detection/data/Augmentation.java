package dev.fern.detection.data;

import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ColorChange;
import dev.fern.detection.image.ImageSize;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * What happens to one image in one epoch: a window is cut out, mirrored, changed in colour and put
 * on a canvas. It is decided before the file is opened.
 *
 * @param window the part of the image that is used, in image pixels
 * @param flipHorizontally whether the window's left and right are swapped
 * @param flipVertically whether the window's top and bottom are swapped
 * @param color change of light and colour
 * @param canvas where the window lies in the network's input
 */
public record Augmentation(
        Window window,
        boolean flipHorizontally,
        boolean flipVertically,
        ColorChange color,
        Canvas canvas) {

    /** A box stays a target if at least this part of its area lies within the window. */
    public static final double MIN_VISIBLE = 0.25;

    /** Keeps the random numbers of augmentation apart from those of the order. */
    private static final long STREAM = 1;

    /**
     * A rectangle of pixels.
     *
     * @param x left column
     * @param y upper row
     * @param width number of columns
     * @param height number of rows
     */
    public record Window(int x, int y, int width, int height) {}

    /**
     * Boxes on the canvas.
     *
     * @param boxes [n * 4], x1 y1 x2 y2 of each box in canvas pixels
     * @param labels [n], category indices from 0
     */
    public record Targets(float[] boxes, int[] labels) {}

    /**
     * Returns the augmentation that puts an image on its canvas as it is.
     *
     * @param rule chooses the canvas
     * @param size of the image
     * @return no change but the resizing of the canvas rule
     */
    public static Augmentation none(CanvasRule rule, ImageSize size) {
        return new Augmentation(
                new Window(0, 0, size.width(), size.height()),
                false,
                false,
                ColorChange.NONE,
                rule.canvas(size.width(), size.height()));
    }

    /**
     * Draws what happens to an image. The same arguments give the same augmentation.
     *
     * @param parameters what may happen
     * @param rule chooses the canvas of the window
     * @param size of the image
     * @param seed of the training
     * @param epoch counted from 0
     * @param imageId the image's id in the data set
     * @return what happens to the image in that epoch
     */
    public static Augmentation draw(
            AugmentationParameters parameters,
            CanvasRule rule,
            ImageSize size,
            long seed,
            long epoch,
            long imageId) {
        SplittableRandom random = RandomStream.of(seed, STREAM, epoch, imageId);
        // All are drawn every time, so that turning one kind on leaves the others as they were.
        boolean flipHorizontally = random.nextDouble() < parameters.horizontalFlip();
        boolean flipVertically = random.nextDouble() < parameters.verticalFlip();
        CanvasRule scaled = scaled(rule, parameters, random.nextDouble(), random.nextDouble());
        Window window = window(size, parameters.minCrop(), random.doubles(4).toArray());
        ColorChange color = parameters.colorJitter().at(random.doubles(4).toArray());
        return new Augmentation(
                window,
                flipHorizontally,
                flipVertically,
                color,
                scaled.canvas(window.width, window.height));
    }

    private static CanvasRule scaled(
            CanvasRule rule, AugmentationParameters parameters, double choice, double scaling) {
        int choices = parameters.multiScale().size();
        int minSize =
                choices == 0
                        ? rule.minSize()
                        : parameters.multiScale().get((int) (choice * choices));
        double scale =
                parameters.minScale() + scaling * (parameters.maxScale() - parameters.minScale());
        // Where the min size is above the max size, the max size counts.
        int maxSize = scaledSize(rule.maxSize(), scale);
        return new CanvasRule(
                Math.min(scaledSize(minSize, scale), maxSize), maxSize, rule.stride());
    }

    private static int scaledSize(int size, double scale) {
        return (int) Math.max(1, Math.min(CanvasRule.LARGEST_SIZE, Math.round(size * scale)));
    }

    private static Window window(ImageSize size, double minCrop, double[] u) {
        int width = part(size.width(), minCrop + u[0] * (1 - minCrop));
        int height = part(size.height(), minCrop + u[1] * (1 - minCrop));
        return new Window(
                (int) (u[2] * (size.width() - width + 1)),
                (int) (u[3] * (size.height() - height + 1)),
                width,
                height);
    }

    private static int part(int length, double part) {
        return (int) Math.max(1, Math.round(length * part));
    }

    /**
     * Cuts the window out of an image, mirrors it and changes its colours.
     *
     * @param image has the size that this augmentation was made for
     * @return the window, which may share the image's memory; the caller closes it
     */
    public BgrImage applyTo(BgrImage image) {
        BgrImage result = image.crop(window.x, window.y, window.width, window.height);
        if (flipHorizontally || flipVertically) {
            try (BgrImage part = result) {
                result = part.flipped(flipHorizontally, flipVertically);
            }
        }
        if (!color.equals(ColorChange.NONE)) {
            try (BgrImage part = result) {
                result = color.applyTo(part);
            }
        }
        return result;
    }

    /**
     * Moves boxes onto the canvas. It leaves out boxes that lie within the window with less than
     * {@link #MIN_VISIBLE} of their area.
     *
     * @param boxes [n * 4], x1 y1 x2 y2 of each box in image pixels, of positive area
     * @param labels [n], category indices from 0
     * @return the boxes that are left, with their labels
     */
    public Targets applyTo(float[] boxes, int[] labels) {
        float[] moved = new float[boxes.length];
        int[] kept = new int[labels.length];
        int count = 0;
        for (int i = 0; i < labels.length; i++) {
            float x1 = clip(boxes[4 * i] - window.x, window.width);
            float y1 = clip(boxes[4 * i + 1] - window.y, window.height);
            float x2 = clip(boxes[4 * i + 2] - window.x, window.width);
            float y2 = clip(boxes[4 * i + 3] - window.y, window.height);
            double area =
                    (double) (boxes[4 * i + 2] - boxes[4 * i])
                            * (boxes[4 * i + 3] - boxes[4 * i + 1]);
            double visible = (double) (x2 - x1) * (y2 - y1);
            if (visible > 0 && visible >= MIN_VISIBLE * area) {
                moved[4 * count] = flipHorizontally ? window.width - x2 : x1;
                moved[4 * count + 1] = flipVertically ? window.height - y2 : y1;
                moved[4 * count + 2] = flipHorizontally ? window.width - x1 : x2;
                moved[4 * count + 3] = flipVertically ? window.height - y1 : y2;
                kept[count++] = labels[i];
            }
        }
        return new Targets(
                canvas.toCanvas(Arrays.copyOf(moved, 4 * count)), Arrays.copyOf(kept, count));
    }

    private static float clip(float position, int length) {
        return Math.max(0, Math.min(length, position));
    }
}
