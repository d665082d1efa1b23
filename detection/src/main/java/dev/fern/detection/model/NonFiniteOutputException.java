package dev.fern.detection.model;

/**
 * Thrown where a network's outputs are not finite numbers, because its parameters are damaged or
 * its training diverged. To leave such an image out, or to find nothing in it, would hide that.
 */
public final class NonFiniteOutputException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What the bits of infinity are, without the sign; those of a NaN are more. */
    private static final int INFINITY_BITS = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

    /** Index in its batch of the image that the outputs are of. */
    private final int image;

    private NonFiniteOutputException(int image, String message) {
        super(message);
        this.image = image;
    }

    /**
     * Checks the outputs of one image.
     *
     * @param outputs of a batch, those of one image after another
     * @param images how many images the batch has
     * @param image index of the image in the batch
     * @throws NonFiniteOutputException if one of them is not finite
     */
    public static void requireFinite(float[] outputs, int images, int image) {
        int length = outputs.length / images;
        int most = 0; // the largest of all, so that the loop has no branch
        for (int i = image * length; i < (image + 1) * length; i++) {
            most = Math.max(most, Float.floatToRawIntBits(outputs[i]) & Integer.MAX_VALUE);
        }
        if (most >= INFINITY_BITS) {
            throw of(image);
        }
    }

    /**
     * Returns the exception for an image of a batch.
     *
     * @param image index of the image in the batch
     */
    static NonFiniteOutputException of(int image) {
        return new NonFiniteOutputException(
                image,
                "the network's outputs are not finite; the model is damaged or its training"
                        + " diverged");
    }

    /** {@return the index in its batch of the image that the outputs are of} */
    public int image() {
        return image;
    }

    /** Returns the exception for the batch of which the image's own was a part. */
    NonFiniteOutputException at(int imageOfBatch) {
        return new NonFiniteOutputException(imageOfBatch, getMessage());
    }

    /**
     * Returns the exception for an image whose name is known.
     *
     * @param name the message begins with it
     * @return an exception to throw in place of this one
     */
    public NonFiniteOutputException of(String name) {
        return new NonFiniteOutputException(image, name + ": " + getMessage());
    }
}
