/**
 * The bridge between DJL's engines and plain Java. A {@link dev.fern.backbone.host.HostFunction} is
 * a differentiable function computed in Java on the memory of arrays; an {@link
 * dev.fern.backbone.host.EngineBridge} applies it, puts it on the engine's tape and lends the
 * memory of arrays. {@code docs/backward-pass.md} follows one backward pass on each engine. This is
 * the only package that goes below DJL's interfaces.
 */
package dev.fern.backbone.host;
