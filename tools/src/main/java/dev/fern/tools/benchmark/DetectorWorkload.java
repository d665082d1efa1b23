package dev.fern.tools.benchmark;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * Work for a detector on a batch of random images. Decoding is not part of it: {@code fern train}
 * and {@code fern detect} decode on other threads.
 */
abstract class DetectorWorkload implements AutoCloseable {

    final int batchSize;
    final Canvas canvas;
    final FloatBuffer pixels;

    DetectorWorkload(
            TrainingConfiguration configuration, ImageSize image, SplittableRandom random) {
        batchSize = configuration.loop().batchSize();
        canvas = configuration.images().canvasRule().canvas(image.width(), image.height());
        int values = batchSize * 3 * canvas.size().width() * canvas.size().height();
        pixels =
                ByteBuffer.allocateDirect(Math.multiplyExact(values, Float.BYTES))
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer();
        while (pixels.hasRemaining()) {
            pixels.put((float) random.nextGaussian());
        }
        pixels.rewind();
    }

    static List<CocoCategory> categories(int count) {
        return LongStream.rangeClosed(1, count)
                .mapToObj(id -> new CocoCategory(id, "category " + id, ""))
                .toList();
    }

    /** Does the work once. */
    abstract void run();

    @Override
    public abstract void close();
}
