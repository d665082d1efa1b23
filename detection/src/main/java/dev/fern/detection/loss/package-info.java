/**
 * RetinaNet's losses in plain Java, each with its derivative. The head's outputs and what each
 * anchor should predict come in; the loss and its gradient with respect to the head's outputs go
 * out, and the engine propagates that gradient through the network.
 */
package dev.fern.detection.loss;
