/**
 * Normalisers, each with the activation that belongs to it: FRN + TLU; batch norm, frozen batch
 * norm and group norm with ReLU. A network's blocks are handed a {@link
 * dev.fern.backbone.norm.Normalization} and never ask which one it is.
 */
package dev.fern.backbone.norm;
