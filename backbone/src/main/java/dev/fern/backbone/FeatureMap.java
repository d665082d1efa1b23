package dev.fern.backbone;

/**
 * The size of a network's map beside that of the image.
 *
 * @param channels C
 * @param stride pixels of the image by which neighbouring places of the map are apart
 */
public record FeatureMap(int channels, int stride) {

    /** Returns how many floats the map has per pixel of the image. */
    public double floatsPerPixel() {
        return (double) channels / stride / stride;
    }
}
