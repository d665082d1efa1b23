package dev.fern.detection.data;

import dev.fern.detection.data.ImageAugmentation.LabelledBox;
import dev.fern.detection.data.ImageAugmentation.Occasion;
import dev.fern.detection.data.ImageAugmentation.Picture;
import dev.fern.detection.image.BgrImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A user's augmentation in one epoch of a training. It checks what the user's code returns.
 *
 * @param augmentation the user's code
 * @param categories number of categories
 * @param seed of the training
 * @param epoch counted from 0
 */
record EpochAugmentation(ImageAugmentation augmentation, int categories, long seed, int epoch) {

    /** Keeps its random numbers apart from those of the order and of the built-in augmentation. */
    private static final long STREAM = 5;

    /**
     * Changes an image.
     *
     * @param sample the image's place and targets
     * @param image its pixels, which the caller closes
     * @return the changed image, which the caller closes too if it is another
     * @throws IOException naming the image if the user's code fails or returns what can't be used
     */
    Picture apply(Sample sample, BgrImage image) throws IOException {
        Occasion occasion =
                new Occasion(
                        sample.imageId(),
                        epoch,
                        seed,
                        RandomStream.of(seed, STREAM, epoch, sample.imageId()));
        Picture changed;
        try {
            changed = augmentation.augment(new Picture(image, boxes(sample)), occasion);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw refusal(sample, "was interrupted", e);
        } catch (Exception e) {
            throw refusal(sample, "failed: " + e, e);
        }
        String problem = problem(changed, sample);
        if (problem != null) {
            if (changed != null && changed.image() != null && changed.image() != image) {
                changed.image().close();
            }
            throw refusal(sample, problem, null);
        }
        return changed;
    }

    private static List<LabelledBox> boxes(Sample sample) {
        float[] corners = sample.boxes();
        List<LabelledBox> boxes = new ArrayList<>();
        for (int i = 0; i < sample.labels().length; i++) {
            boxes.add(
                    new LabelledBox(
                            corners[4 * i],
                            corners[4 * i + 1],
                            corners[4 * i + 2],
                            corners[4 * i + 3],
                            sample.labels()[i]));
        }
        return boxes;
    }

    /** Returns what is wrong with a changed image; null if nothing is. */
    private String problem(Picture changed, Sample sample) {
        if (changed == null || changed.image() == null) {
            return "returned no image";
        }
        int width = changed.image().width();
        int height = changed.image().height();
        if (width != sample.size().width() || height != sample.size().height()) {
            return String.format(
                    "returned an image of %d x %d pixels in place of %s; keep the size, since it"
                            + " decides which images share a batch",
                    width, height, sample.size());
        }
        for (LabelledBox box : changed.boxes()) {
            if (!(box.x1() < box.x2() && box.y1() < box.y2()) || !isFinite(box)) {
                return "returned a box that has no area: " + box;
            }
            if (!(box.x2() > 0 && box.y2() > 0 && box.x1() < width && box.y1() < height)) {
                return "returned a box that lies outside its image: " + box;
            }
            if (box.label() < 0 || box.label() >= categories) {
                return "returned a box with a label that is not 0 to "
                        + (categories - 1)
                        + ": "
                        + box;
            }
        }
        return null;
    }

    private static boolean isFinite(LabelledBox box) {
        return Float.isFinite(box.x1())
                && Float.isFinite(box.y1())
                && Float.isFinite(box.x2())
                && Float.isFinite(box.y2());
    }

    private IOException refusal(Sample sample, String problem, Exception cause) {
        return new IOException(
                String.format(
                        "%s (image id %d): the augmentation %s (epoch %d)",
                        sample.image().name(), sample.imageId(), problem, epoch + 1),
                cause);
    }

    /** Returns the corners of boxes, cut to their image: [n * 4], x1 y1 x2 y2 of each. */
    static float[] corners(Picture picture) {
        List<LabelledBox> boxes = picture.boxes();
        float[] corners = new float[4 * boxes.size()];
        for (int i = 0; i < boxes.size(); i++) {
            LabelledBox box = boxes.get(i);
            corners[4 * i] = Math.max(0, box.x1());
            corners[4 * i + 1] = Math.max(0, box.y1());
            corners[4 * i + 2] = Math.min(picture.image().width(), box.x2());
            corners[4 * i + 3] = Math.min(picture.image().height(), box.y2());
        }
        return corners;
    }
}
