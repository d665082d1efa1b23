/**
 * The bridge between the engine's arrays and plain Java: differentiable functions computed on the
 * buffers of MXNet's CPU arrays and recorded on its tape, views of array memory, and gradients
 * handed in from Java. The only package that goes below DJL's interfaces.
 */
package dev.fern.backbone.host;
