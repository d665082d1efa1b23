/**
 * A training and a detection that stay on the device: on PyTorch's GPUs, and where {@link
 * dev.fern.backbone.host.EngineBridge#OPERATORS} asks for it. Pixels and targets go to the device
 * once, the losses of many steps come back at once, and of a detection the best candidates alone.
 * What happens between is written in {@link dev.fern.backbone.host.TorchScript}, in the resources
 * of this package.
 */
package dev.fern.detection.device;
