/**
 * Convolutions on the CPU by oneDNN, beside the engine, in float32 or bfloat16. Arrays come in and
 * go out as the engine lends them, float32 and NCHW.
 */
package dev.fern.backbone.convolution;
