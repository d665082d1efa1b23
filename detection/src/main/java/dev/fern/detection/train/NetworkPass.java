package dev.fern.detection.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.onednn.ChannelsLast;
import dev.fern.backbone.onednn.PackedWeights;
import dev.fern.backbone.onednn.ParameterGradients;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.onednn.Tape;
import dev.fern.backbone.parameter.NamedParameters;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Forward and backward pass of a network around a loss that is computed in Java. The gradients stay
 * with the parameters.
 */
public final class NetworkPass {

    private final Block network;
    private final ParameterStore parameters;
    private final NDManager manager;
    private final EngineBridge engine;
    private final Precision precision;
    private final PackedWeights weights;
    private final List<Parameter> trained;

    /** Those of a network that tapes run, from the first pass on. */
    private Optional<ParameterGradients> gradients = Optional.empty();

    /**
     * Prepares for the passes of a network.
     *
     * @param network initialised
     * @param parameters where the network finds its parameters and leaves their gradients
     * @param manager of the device that the parameters are on
     * @param precision of the maps
     * @param weights keeps what a tape needs of the network's weights
     */
    public NetworkPass(
            Block network,
            ParameterStore parameters,
            NDManager manager,
            Precision precision,
            PackedWeights weights) {
        this.network = network;
        this.parameters = parameters;
        this.manager = manager;
        this.precision = precision;
        this.weights = weights;
        engine = EngineBridge.of(manager);
        trained =
                NamedParameters.of(network).values().stream()
                        .filter(Parameter::requiresGradient)
                        .toList();
    }

    /** Makes the gradients zero if the engine's backward pass would add to them. */
    public void clearGradients() {
        if (gradients.isPresent()) {
            gradients.get().clear();
            return;
        }
        for (Parameter parameter : trained) {
            engine.clearGradient(array(parameter));
        }
    }

    /**
     * Computes a loss and its gradients. An engine that adds to gradients adds them to those of the
     * passes since {@link #clearGradients}; another one replaces them.
     *
     * @param <L> the kind of loss
     * @param pixels [N, 3, H, W], normalised
     * @param shape N, 3, H, W
     * @param loss computes the loss of the network's outputs
     * @param gradients returns the derivative of the loss with respect to each output, [N, H, W,
     *     C], or nothing if there is nothing to propagate
     * @return the loss
     */
    public <L> L run(
            FloatBuffer pixels,
            Shape shape,
            Function<NDList, L> loss,
            Function<L, List<float[]>> gradients) {
        return Tape.supports(manager)
                ? onTape(pixels, shape, loss, gradients)
                : onEngine(pixels, shape, loss, gradients);
    }

    private <L> L onTape(
            FloatBuffer pixels,
            Shape shape,
            Function<NDList, L> loss,
            Function<L, List<float[]>> outputGradients) {
        if (gradients.isEmpty()) {
            gradients =
                    Optional.of(new ParameterGradients(trained.stream().map(this::array).toList()));
        }
        engine.recordNothing();
        try (Tape tape = Tape.recording(manager, precision, weights, gradients.get())) {
            NDList outputs =
                    network.forward(parameters, new NDList(tape.enter(pixels, shape)), true);
            L result = loss.apply(outputs);
            List<float[]> values = outputGradients.apply(result);
            if (!values.isEmpty()) {
                tape.backward(outputs, values);
                gradients.get().finish();
            }
            return result;
        }
    }

    private NDArray array(Parameter parameter) {
        return parameters.getValue(parameter, manager.getDevice(), true);
    }

    private <L> L onEngine(
            FloatBuffer pixels,
            Shape shape,
            Function<NDList, L> loss,
            Function<L, List<float[]>> gradients) {
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = engine.newGradientCollector(step)) {
            NDArray input = precision.of(engine.create(step, pixels, shape));
            NDList outputs = network.forward(parameters, new NDList(input), true);
            L result = loss.apply(outputs);
            List<float[]> values = gradients.apply(result);
            if (!values.isEmpty()) {
                engine.backward(collector, outputs, arrays(step, outputs, values));
            }
            return result;
        }
    }

    private NDList arrays(NDManager step, NDList outputs, List<float[]> values) {
        NDList arrays = new NDList(outputs.size());
        for (int i = 0; i < outputs.size(); i++) {
            arrays.add(ChannelsLast.toEngine(step, values.get(i), outputs.get(i).getShape()));
        }
        return arrays;
    }
}
