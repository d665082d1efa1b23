/**
 * Reads the weights that PyTorch writes, without PyTorch and without running anything a file asks
 * for.
 *
 * <p>A {@code .pth} file comes in through {@link dev.fern.tools.torch.TorchCheckpoint#read};
 * tensors with their names, in the file's order, go out. Inside, the pickle is read first and
 * yields only descriptions of tensors; their bytes are then read one tensor at a time, once sizes,
 * strides and offsets are known to lie within the file.
 */
package dev.fern.tools.torch;
