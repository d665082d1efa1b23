package dev.fern.backbone.onednn;

import ai.djl.ndarray.types.Shape;
import org.bytedeco.dnnl.memory;

/**
 * The size of a map in memory. Each image lies as [H, W, C].
 *
 * @param images N, 1 or more
 * @param channels C
 * @param height H
 * @param width W
 * @param precision of the values
 */
record MapShape(int images, int channels, int height, int width, Precision precision) {

    static MapShape of(Shape shape, Precision precision) {
        return new MapShape(
                Math.toIntExact(shape.get(0)),
                Math.toIntExact(shape.get(1)),
                Math.toIntExact(shape.get(2)),
                Math.toIntExact(shape.get(3)),
                precision);
    }

    /** {@return the size of one of the images} */
    MapShape image() {
        return new MapShape(1, channels, height, width, precision);
    }

    /** {@return the size of a map of this many images that are like the one of this map} */
    MapShape times(int count) {
        return new MapShape(count, channels, height, width, precision);
    }

    /** {@return the size of some rows of this map's images} */
    MapShape rows(int count) {
        return new MapShape(images, channels, count, width, precision);
    }

    /** {@return this size, with values of another precision} */
    MapShape in(Precision other) {
        return new MapShape(images, channels, height, width, other);
    }

    /** {@return [N, C, H, W]} */
    Shape shape() {
        return new Shape(images, channels, height, width);
    }

    /** {@return H * W} */
    int places() {
        return Math.multiplyExact(height, width);
    }

    /** {@return the number of an image's values} */
    int imageSize() {
        return Math.multiplyExact(channels, places());
    }

    /** {@return how one image lies in memory; the caller closes it} */
    memory.desc layout() {
        return new memory.desc(sides(), precision.type(), memory.format_tag.nhwc);
    }

    /** {@return how one image lies in an engine's arrays; the caller closes it} */
    memory.desc engineLayout() {
        return new memory.desc(sides(), memory.data_type.f32, memory.format_tag.nchw);
    }

    private long[] sides() {
        return new long[] {1, channels, height, width};
    }
}
