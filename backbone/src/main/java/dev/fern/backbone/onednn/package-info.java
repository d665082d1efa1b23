/**
 * A network's functions on the CPU by oneDNN, beside the engine, in float32 or bfloat16. A {@link
 * dev.fern.backbone.onednn.Tape} takes images into a network, whose blocks then apply the functions
 * of this package to maps, [N, H, W, C] in memory; it goes back through them for the gradients.
 */
package dev.fern.backbone.onednn;
