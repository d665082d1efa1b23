/**
 * {@code fern import}: makes models of the weights that other programs have trained.
 *
 * <p>A {@link dev.fern.tools.torch.WeightsFile} comes in. {@link
 * dev.fern.tools.weights.NetworkKind} tells by the names of its tensors whose network they are. The
 * class of that kind brings the names to torchvision's, the constants to Fern's, and refuses what
 * Fern has no place for; {@link dev.fern.tools.weights.TorchvisionNames} then gives Fern's names. A
 * model directory goes out.
 */
package dev.fern.tools.weights;
