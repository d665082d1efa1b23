package dev.fern.detection.pretrain;

import dev.fern.detection.data.Augmentation;
import dev.fern.detection.data.Augmentation.Window;
import dev.fern.detection.data.ColorJitter;
import dev.fern.detection.data.RandomStream;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ColorChange;
import dev.fern.detection.image.ImageSize;
import java.util.SplittableRandom;

/**
 * What may happen to an image that is to be classified: a window of random area and shape is cut
 * out and resized to a square, as torchvision's {@code RandomResizedCrop} (Szegedy et al., CVPR
 * 2015, section 6), then perhaps mirrored and changed in colour.
 *
 * @param side of the square in pixels
 * @param minArea smallest part of the image's area, above 0; 0.08 in the reference
 * @param maxArea largest part, at most 1; 1 in the reference
 * @param minAspect smallest width over height, above 0; 3/4 in the reference
 * @param maxAspect largest; 4/3 in the reference
 * @param horizontalFlip probability that left and right are swapped
 * @param colorJitter change of light and colour
 */
public record RandomResizedCrop(
        int side,
        double minArea,
        double maxArea,
        double minAspect,
        double maxAspect,
        double horizontalFlip,
        ColorJitter colorJitter) {

    /** Tells the streams of these crops from those of other augmentation, the order and a split. */
    private static final long STREAM = 3;

    /** How often a window is drawn that does not fit, until the middle is taken. */
    private static final int TRIES = 10;

    private static final int MAX_SIDE = 4096;
    private static final double MAX_ASPECT = 100;

    /** Checks the ranges. */
    public RandomResizedCrop {
        requireSide(side);
        if (!(minArea > 0 && minArea <= maxArea && maxArea <= 1)) {
            throw new IllegalArgumentException(
                    "crop area from " + minArea + " to " + maxArea + " (above 0, to 1)");
        }
        if (!(minAspect >= 1 / MAX_ASPECT && minAspect <= maxAspect && maxAspect <= MAX_ASPECT)) {
            throw new IllegalArgumentException(
                    "crop aspect from " + minAspect + " to " + maxAspect + " (0.01 to 100)");
        }
        if (!(horizontalFlip >= 0 && horizontalFlip <= 1)) {
            throw new IllegalArgumentException("flip probability " + horizontalFlip);
        }
    }

    private static void requireSide(int side) {
        if (side < 1 || side > MAX_SIDE) {
            throw new IllegalArgumentException(
                    "input size must be 1 to " + MAX_SIDE + ", not " + side);
        }
    }

    /** Draws what happens to an image; the same arguments give the same augmentation. */
    public Augmentation draw(ImageSize size, long seed, long epoch, long imageId) {
        SplittableRandom random = RandomStream.of(seed, STREAM, epoch, imageId);
        // All are drawn every time, so that turning one kind on leaves the others as they were.
        boolean flip = random.nextDouble() < horizontalFlip;
        ColorChange color = colorJitter.at(random.doubles(4).toArray());
        return augmentation(window(size, random), flip, color, side);
    }

    private static Augmentation augmentation(
            Window window, boolean flip, ColorChange color, int side) {
        ImageSize square = new ImageSize(side, side);
        return new Augmentation(
                window,
                flip,
                false,
                color,
                new Canvas(new ImageSize(window.width(), window.height()), square, square));
    }

    private Window window(ImageSize size, SplittableRandom random) {
        double imageArea = (double) size.width() * size.height();
        for (int i = 0; i < TRIES; i++) {
            double area = imageArea * (minArea + random.nextDouble() * (maxArea - minArea));
            double logAspect =
                    Math.log(minAspect)
                            + random.nextDouble() * (Math.log(maxAspect) - Math.log(minAspect));
            double aspect = Math.exp(logAspect);
            long width = Math.round(Math.sqrt(area * aspect));
            long height = Math.round(Math.sqrt(area / aspect));
            if (width > 0 && width <= size.width() && height > 0 && height <= size.height()) {
                return new Window(
                        random.nextInt(size.width() - (int) width + 1),
                        random.nextInt(size.height() - (int) height + 1),
                        (int) width,
                        (int) height);
            }
        }
        double aspect = (double) size.width() / size.height();
        return aspect < minAspect
                ? middle(size, size.width(), size.width() / minAspect)
                : middle(size, size.height() * maxAspect, size.height());
    }

    /**
     * How an image is seen when a classifier is evaluated: the middle square.
     *
     * @param side of the square on the canvas
     * @param part side of the square in the image, as a part of the image's shorter side; 224 / 256
     *     is torchvision's {@code Resize(256)} followed by {@code CenterCrop(224)}
     */
    public static Augmentation centre(ImageSize size, int side, double part) {
        double length = part * Math.min(size.width(), size.height());
        return augmentation(middle(size, length, length), false, ColorChange.NONE, side);
    }

    /** A window in the middle, its sides rounded and held within the image. */
    private static Window middle(ImageSize size, double wantedWidth, double wantedHeight) {
        int width = (int) Math.max(1, Math.min(size.width(), Math.round(wantedWidth)));
        int height = (int) Math.max(1, Math.min(size.height(), Math.round(wantedHeight)));
        return new Window((size.width() - width) / 2, (size.height() - height) / 2, width, height);
    }
}
