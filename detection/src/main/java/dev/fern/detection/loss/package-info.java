/**
 * RetinaNet's losses in plain Java, each with its derivative: what the head said and what each
 * anchor should predict come in, the loss and its gradient with respect to the head's outputs go
 * out, to be propagated through the network by the engine.
 */
package dev.fern.detection.loss;
