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
 * What may happen to an image that a classifier is trained on. A window of random area and shape is
 * cut out and resized to a square, as torchvision's {@code RandomResizedCrop} (Szegedy et al., CVPR
 * 2015, section 6); then it may be mirrored and changed in colour.
 *
 * @param side side of the square in pixels
 * @param minArea smallest area of the window, as a part of the image's; 0.08 in torchvision
 * @param maxArea largest area of the window, as a part of the image's; 1 in torchvision
 * @param minAspect smallest width over height of the window; 3/4 in torchvision
 * @param maxAspect largest width over height of the window; 4/3 in torchvision
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

    /** Keeps the random numbers of these crops apart from those of all other purposes. */
    private static final long STREAM = 3;

    /** How many windows are drawn that do not fit before the middle of the image is taken. */
    private static final int TRIES = 10;

    private static final double MAX_ASPECT = 100;

    /**
     * Checks the ranges.
     *
     * @param side 1 to 4096
     * @param minArea above 0, to {@code maxArea}
     * @param maxArea at most 1
     * @param minAspect 0.01 to {@code maxAspect}
     * @param maxAspect at most 100
     * @param horizontalFlip 0 to 1
     * @param colorJitter checked by itself
     * @throws IllegalArgumentException if one is out of its range
     */
    public RandomResizedCrop {
        requireSide(side);
        if (!(minArea > 0 && minArea <= maxArea && maxArea <= 1)) {
            throw new IllegalArgumentException(
                    "crop area from "
                            + minArea
                            + " to "
                            + maxArea
                            + ": wanted 0 < smallest <= largest <= 1");
        }
        if (!(minAspect >= 1 / MAX_ASPECT && minAspect <= maxAspect && maxAspect <= MAX_ASPECT)) {
            throw new IllegalArgumentException(
                    "crop aspect from "
                            + minAspect
                            + " to "
                            + maxAspect
                            + ": wanted 0.01 <= smallest <= largest <= 100");
        }
        if (!(horizontalFlip >= 0 && horizontalFlip <= 1)) {
            throw new IllegalArgumentException(
                    "flip probability must be in [0, 1], not " + horizontalFlip);
        }
    }

    private static void requireSide(int side) {
        if (side < 1 || side > ClassifierInput.LARGEST_INPUT) {
            throw new IllegalArgumentException(
                    "input size must be 1 to " + ClassifierInput.LARGEST_INPUT + ", not " + side);
        }
    }

    /**
     * Draws what happens to an image. The same arguments give the same augmentation.
     *
     * @param size of the image
     * @param seed of the training
     * @param epoch counted from 0
     * @param imageId the image's id in the data set
     * @return the augmentation, whose canvas is the square
     */
    public Augmentation draw(ImageSize size, long seed, long epoch, long imageId) {
        SplittableRandom random = RandomStream.of(seed, STREAM, epoch, imageId);
        // All kinds are drawn every time, so that turning one of them on leaves the others
        // unchanged.
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
     * Returns how an image is seen when a classifier is evaluated: the square in its middle.
     *
     * @param size of the image
     * @param side side of the square on the canvas in pixels
     * @param part side of the square in the image, as a part of the image's shorter side, above 0,
     *     to 1; 224 / 256 is torchvision's {@code Resize(256)} followed by {@code CenterCrop(224)}
     * @return the augmentation, whose canvas is the square
     */
    public static Augmentation centre(ImageSize size, int side, double part) {
        double length = part * Math.min(size.width(), size.height());
        return augmentation(middle(size, length, length), false, ColorChange.NONE, side);
    }

    /** Returns a window in the middle of an image, its sides rounded and held within the image. */
    private static Window middle(ImageSize size, double wantedWidth, double wantedHeight) {
        int width = (int) Math.max(1, Math.min(size.width(), Math.round(wantedWidth)));
        int height = (int) Math.max(1, Math.min(size.height(), Math.round(wantedHeight)));
        return new Window((size.width() - width) / 2, (size.height() - height) / 2, width, height);
    }
}
