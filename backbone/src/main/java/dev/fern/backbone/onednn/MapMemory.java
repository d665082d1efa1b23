package dev.fern.backbone.onednn;

import java.nio.FloatBuffer;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.ShortPointer;

/**
 * The memory of a map or of its gradient, freed once nobody holds it any more. The thread of its
 * {@link Tape} alone uses it.
 */
final class MapMemory {

    final MapShape shape;

    private final memory.desc layout;
    private final memory[] images;
    private int holders = 1;

    /** The gradient of the loss so far, in the backward pass; null where there is none. */
    MapMemory gradient;

    /** Whether the backward pass goes on to where this map comes from. */
    boolean wantsGradient;

    MapMemory(Workspace workspace, MapShape shape) {
        this.shape = shape;
        layout = shape.layout();
        images = new memory[shape.images()];
        for (int n = 0; n < images.length; n++) {
            images[n] = workspace.memory(layout);
        }
    }

    memory image(int n) {
        return images[n];
    }

    /**
     * {@return rows of an image, in the image's own memory; the caller closes it}
     *
     * @param n the image
     * @param first the first row
     * @param layout of the rows
     */
    memory rows(int n, int first, memory.desc layout) {
        long bytes = (long) first * shape.rows(1).imageSize() * shape.precision().bytes();
        BytePointer image = new BytePointer(images[n].get_data_handle());
        return new memory(layout, OneDnn.cpu(), image.getPointer(bytes));
    }

    MapMemory retain() {
        holders++;
        return this;
    }

    /** Gives up a hold on the memory. */
    void release() {
        holders--;
        if (holders == 0) {
            for (memory image : images) {
                image.close();
            }
            layout.close();
        }
    }

    /** Fills the images with an engine's values, [N, C, H, W], direct. */
    void fill(Workspace workspace, FloatBuffer values) {
        exchange(values, (n, plain, lent) -> workspace.copy(plain, lent, layout, images[n]));
    }

    /** Writes the values of all images to a direct buffer, [N, C, H, W]. */
    void read(Workspace workspace, FloatBuffer values) {
        exchange(values, (n, plain, lent) -> workspace.copy(layout, images[n], plain, lent));
    }

    @FunctionalInterface
    private interface Exchange {
        void accept(int n, memory.desc plain, memory lent);
    }

    private void exchange(FloatBuffer values, Exchange exchange) {
        int size = shape.imageSize();
        try (memory.desc plain = shape.engineLayout()) {
            for (int n = 0; n < images.length; n++) {
                try (FloatPointer part =
                                new FloatPointer(values.slice(values.position() + n * size, size));
                        memory lent = new memory(plain, OneDnn.cpu(), part)) {
                    exchange.accept(n, plain, lent);
                }
            }
        }
    }

    /** Fills an image with every place of a larger one whose row and column fit a stride. */
    void copyEvery(Workspace workspace, int stride, MapMemory source, int n) {
        try (memory.desc every = every(source.shape, stride)) {
            workspace.copy(every, source.images[n], layout, images[n]);
        }
    }

    /** Writes an image to the places of a larger one from which {@link #copyEvery} takes it. */
    void spread(Workspace workspace, int stride, MapMemory target, int n) {
        try (memory.desc every = every(target.shape, stride)) {
            Workspace.clear(target.images[n]);
            workspace.copy(layout, images[n], every, target.images[n]);
        }
    }

    /** Returns how the places that fit a stride lie in the memory of a larger map. */
    private memory.desc every(MapShape larger, int stride) {
        long row = (long) larger.width() * larger.channels();
        return new memory.desc(
                new long[] {1, shape.channels(), shape.height(), shape.width()},
                shape.precision().type(),
                new long[] {
                    larger.imageSize(), 1, stride * row, (long) stride * larger.channels()
                });
    }

    /** {@return a copy of an image's values, [H, W, C]} */
    float[] values(int n) {
        float[] values = new float[shape.imageSize()];
        if (shape.precision() == Precision.FLOAT32) {
            new FloatPointer(images[n].get_data_handle()).get(values);
        } else {
            short[] upper = new short[values.length];
            new ShortPointer(images[n].get_data_handle()).get(upper);
            for (int i = 0; i < values.length; i++) {
                values[i] = Float.intBitsToFloat(upper[i] << 16);
            }
        }
        return values;
    }

    /** Overwrites an image, [H, W, C]; the values are rounded to the map's precision. */
    void set(int n, float[] values) {
        if (shape.precision() == Precision.FLOAT32) {
            new FloatPointer(images[n].get_data_handle()).put(values);
        } else {
            short[] upper = new short[values.length];
            for (int i = 0; i < values.length; i++) {
                upper[i] = Precision.upperBits(values[i]);
            }
            new ShortPointer(images[n].get_data_handle()).put(upper);
        }
    }
}
