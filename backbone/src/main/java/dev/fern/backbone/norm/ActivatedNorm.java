package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;
import dev.fern.backbone.host.EngineBridge;

/**
 * A normaliser by mean and variance, then the addition of a second input if there is one, then an
 * activation. Input [N, C, H, W] (twice with a shortcut), output [N, C, H, W]. On MXNet's CPU
 * arrays one fused function computes it; elsewhere the engine's operators do.
 */
final class ActivatedNorm extends AbstractBlock {

    private final MomentNormBlock norm;
    private final Activation activation;
    private final Parameter tau;

    ActivatedNorm(MomentNormBlock norm, Activation activation) {
        this.norm = addChildBlock("norm", norm);
        this.activation = activation;
        tau =
                activation == Activation.TLU
                        ? addParameter(
                                Parameter.builder()
                                        .setName("tau")
                                        .setType(Parameter.Type.OTHER)
                                        .optShape(new Shape(norm.channels()))
                                        .optInitializer(Initializer.ZEROS)
                                        .build())
                        : null;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        return new NDList(
                EngineBridge.of(inputs.get(0)).supports(inputs.get(0))
                        ? fused(parameters, inputs, training)
                        : operators(parameters, inputs, training));
    }

    NDArray fused(ParameterStore parameters, NDList inputs, boolean training) {
        return norm.fused(
                parameters, inputs, activation, tau(parameters, inputs, training), training);
    }

    NDArray operators(ParameterStore parameters, NDList inputs, boolean training) {
        return norm.operators(
                parameters, inputs, activation, tau(parameters, inputs, training), training);
    }

    private NDArray tau(ParameterStore parameters, NDList inputs, boolean training) {
        return tau == null ? null : parameters.getValue(tau, inputs.get(0).getDevice(), training);
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        norm.initialize(manager, dataType, inputShapes[0]);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0]};
    }
}
