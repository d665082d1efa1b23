/**
 * Writes a detector as an ONNX model, for ONNX Runtime and all that reads ONNX.
 *
 * <p>A detector's configuration and parameters come in; {@link dev.fern.onnx.NetworkGraph} lays the
 * network's operators, {@link dev.fern.onnx.DetectionGraph} those that turn its outputs into
 * detections, and {@link dev.fern.onnx.OnnxExport} writes the file. The graph is written anew from
 * the configuration, not recorded from Fern's blocks, so that comparing the two checks both.
 */
package dev.fern.onnx;
