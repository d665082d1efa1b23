/**
 * Normalisers, each with the activation that follows it, ReLU or TLU: FRN; batch norm, frozen batch
 * norm and batch renormalisation; group, layer and instance norm. A network's blocks are handed a
 * {@link dev.fern.backbone.norm.Normalization}, a value that {@link
 * dev.fern.backbone.norm.Normalization#parse} makes of a name, and never ask which one it is.
 *
 * <p>Normalisers by mean and variance share their loops: a {@link
 * dev.fern.backbone.norm.Standardizer} says which rows are standardised alike and how, {@link
 * dev.fern.backbone.norm.StandardizationFunction} does it on the host, with its gradients, and
 * {@link dev.fern.backbone.norm.StandardizationOperators} on any engine.
 */
package dev.fern.backbone.norm;
