package dev.fern.detection.data;

import dev.fern.detection.data.BatchPlan.PlannedBatch;
import dev.fern.detection.data.BatchPlan.PlannedImage;
import dev.fern.detection.data.ImageAugmentation.Picture;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.ImageTransform;
import dev.fern.detection.image.PixelBuffers;
import dev.fern.detection.image.PixelNormalization;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads the files of a planned batch and writes them into one array. Thread-safe. */
public final class BatchDecoder {

    private final ImageReader reader;
    private final ImageTransform transform;
    private final Optional<EpochAugmentation> own;

    /**
     * Makes a decoder that does not smooth images before it shrinks them.
     *
     * @param reader reads the files
     * @param normalization maps pixel values to network input
     */
    public BatchDecoder(ImageReader reader, PixelNormalization normalization) {
        this(reader, new ImageTransform(normalization));
    }

    /**
     * Makes a decoder with a transform of its own.
     *
     * @param reader reads the files
     * @param transform turns images into network input
     */
    public BatchDecoder(ImageReader reader, ImageTransform transform) {
        this(reader, transform, Optional.empty());
    }

    private BatchDecoder(
            ImageReader reader, ImageTransform transform, Optional<EpochAugmentation> own) {
        this.reader = reader;
        this.transform = transform;
        this.own = own;
    }

    /**
     * Returns a decoder that hands every image to a user's augmentation first.
     *
     * @param augmentation the user's
     * @param categories number of categories that a box may have
     * @param seed of the training
     * @param epoch counted from 0
     * @return the decoder for that epoch
     */
    public BatchDecoder augmenting(
            ImageAugmentation augmentation, int categories, long seed, int epoch) {
        return new BatchDecoder(
                reader,
                transform,
                Optional.of(new EpochAugmentation(augmentation, categories, seed, epoch)));
    }

    /**
     * Decodes a batch on the calling thread.
     *
     * @param planned the images and what happens to them
     * @return the batch
     * @throws BadImageException naming the first image that can't be used
     * @throws IOException if a file can't be read through no fault of its own, as when too many are
     *     open, or if the thread is interrupted
     */
    public Batch decode(PlannedBatch planned) throws IOException {
        List<BadImageException> badImages = new ArrayList<>();
        Batch batch = decode(planned, badImages::add);
        if (!badImages.isEmpty()) {
            batch.close();
            throw badImages.get(0);
        }
        return batch;
    }

    /**
     * Decodes the usable images of a batch, perhaps none, and passes the others to {@code
     * badImages}.
     */
    Batch decode(PlannedBatch planned, Consumer<BadImageException> badImages) throws IOException {
        ImageSize canvas = planned.canvasSize();
        int imageFloats = ImageTransform.length(planned.images().get(0).augmentation().canvas());
        int bytes =
                Math.multiplyExact(
                        Float.BYTES, Math.multiplyExact(imageFloats, planned.images().size()));
        ByteBuffer data = PixelBuffers.take(bytes);
        FloatBuffer pixels = data.asFloatBuffer();
        List<Batch.Item> items = new ArrayList<>();
        for (PlannedImage image : planned.images()) {
            try {
                items.add(decode(image, pixels, items.size() * imageFloats));
            } catch (ImageReadException e) {
                badImages.accept(new BadImageException(image.sample().imageId(), e));
            } catch (IOException e) { // no fault of the image
                PixelBuffers.giveBack(data);
                throw e;
            }
        }
        data.limit(items.size() * imageFloats * Float.BYTES);
        return new Batch(items, canvas, data);
    }

    private void write(BgrImage image, Augmentation augmentation, FloatBuffer pixels, int offset) {
        try (BgrImage augmented = augmentation.applyTo(image)) {
            transform.write(augmented, augmentation.canvas(), pixels, offset);
        }
    }

    private Batch.Item decode(PlannedImage planned, FloatBuffer pixels, int offset)
            throws IOException {
        Sample sample = planned.sample();
        Augmentation augmentation = planned.augmentation();
        Augmentation.Targets targets;
        try (BgrImage image = reader.read(sample.image(), sample.size())) {
            if (own.isEmpty()) {
                write(image, augmentation, pixels, offset);
                targets = augmentation.applyTo(sample.boxes(), sample.labels());
            } else {
                Picture picture = own.get().apply(sample, image);
                try (BgrImage changed = picture.image()) { // may be closed twice
                    write(changed, augmentation, pixels, offset);
                    targets =
                            augmentation.applyTo(
                                    EpochAugmentation.corners(picture),
                                    picture.boxes().stream()
                                            .mapToInt(ImageAugmentation.LabelledBox::label)
                                            .toArray());
                }
            }
        }
        return new Batch.Item(sample.imageId(), augmentation, targets.boxes(), targets.labels());
    }
}
