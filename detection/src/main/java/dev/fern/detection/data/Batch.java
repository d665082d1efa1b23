package dev.fern.detection.data;

import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.PixelBuffers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Images of one canvas size as one array, with their targets. Closing a batch gives its array back
 * for another batch; the garbage collector takes the array of a batch that is not closed.
 */
public final class Batch implements AutoCloseable {

    /**
     * One image of a batch.
     *
     * @param imageId its id in the data set
     * @param augmentation what was done to it
     * @param boxes [n * 4], x1 y1 x2 y2 of each target in canvas pixels
     * @param labels [n], category indices from 0
     */
    public record Item(long imageId, Augmentation augmentation, float[] boxes, int[] labels) {

        /** {@return where the image lies; it maps boxes back if nothing was cut off or mirrored} */
        public Canvas canvas() {
            return augmentation.canvas();
        }
    }

    /** The share of a worker to which a batch has no images to give; it is closed. */
    public static final Batch NONE = new Batch(List.of(), new ImageSize(1, 1), null);

    private final List<Item> items;
    private final ImageSize size;
    private ByteBuffer data;

    Batch(List<Item> items, ImageSize size, ByteBuffer data) {
        this.items = List.copyOf(items);
        this.size = size;
        this.data = data;
    }

    /** {@return the images, in the order of the array} */
    public List<Item> items() {
        return items;
    }

    /** {@return the size of the canvas} */
    public ImageSize canvasSize() {
        return size;
    }

    /**
     * Returns the network's input: [N, 3, H, W] floats of native byte order in a direct buffer,
     * from position 0 to the limit.
     *
     * @return a view of the array, not to be used after {@link #close}
     * @throws IllegalStateException if this batch is closed
     */
    public ByteBuffer data() {
        if (data == null) {
            throw new IllegalStateException("the batch is closed");
        }
        return data.duplicate().order(ByteOrder.nativeOrder());
    }

    /** {@return {@link #data} as floats} */
    public FloatBuffer pixels() {
        return data().asFloatBuffer();
    }

    /** Gives the array back; closing a batch twice does no harm. */
    @Override
    public void close() {
        if (data != null) {
            PixelBuffers.giveBack(data);
            data = null;
        }
    }
}
