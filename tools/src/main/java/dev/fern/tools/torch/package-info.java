/**
 * Reads files of weights that Python programs write, without Python and without running anything a
 * file asks for.
 *
 * <p>A file comes in through {@link dev.fern.tools.torch.WeightsFile#open}: a PyTorch checkpoint in
 * either format, a pickle of numpy arrays or a safetensors file. State dictionaries go out: names
 * and shapes first, tensors on demand. A pickle yields only descriptions of tensors, and marks in
 * the place of all other objects; the tensors' bytes are read one tensor at a time, once sizes,
 * strides and offsets are known to lie within the file.
 */
package dev.fern.tools.torch;
