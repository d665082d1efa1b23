package dev.fern.tools.torch;

/**
 * A tensor of a checkpoint, converted to float32 and laid out row by row (the last dimension runs
 * fastest).
 *
 * <p>Narrower types are converted exactly; float64 is rounded, and integers are exact up to 2^24.
 *
 * @param shape sizes of the dimensions; empty for a scalar
 * @param data the elements, as many as the product of {@code shape}; not copied
 */
public record TorchTensor(long[] shape, float[] data) {}
