package dev.fern.backbone;

/**
 * The size of a network's feature map, relative to the image.
 *
 * @param channels C
 * @param stride the distance between neighbouring places of the map, in pixels of the image
 */
public record FeatureMap(int channels, int stride) {

    /** More channels than any network has: what a damaged file may ask for is more. */
    public static final int MAX_CHANNELS = 1 << 14;

    /** {@return the number of floats that the map has per pixel of the image} */
    public double floatsPerPixel() {
        return (double) channels / stride / stride;
    }
}
