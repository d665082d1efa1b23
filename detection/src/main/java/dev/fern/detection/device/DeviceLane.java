package dev.fern.detection.device;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.TorchMemory;
import dev.fern.backbone.host.TorchScript;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.loss.BoxLoss;
import dev.fern.detection.loss.RetinaNetLoss;
import java.nio.FloatBuffer;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * The passes of a training on one device: parts of batches go forward, and backward from the losses
 * on. The gradients stay with the parameters that the lane uses, and the losses in its numbers. For
 * one thread at a time.
 */
final class DeviceLane {

    private final Block network;
    private final ParameterStore store;
    private final EngineBridge engine;
    private final NDManager manager;
    private final Precision precision;
    private final RetinaNetLoss loss;
    private final TorchScript script;
    private final DeviceAnchors anchorBoxes;
    private final Collection<Parameter> parameters;

    /** [steps, 3]: the sums of both losses over the step's images, and the norm. */
    private NDArray numbers;

    /** Copies of a network's parameters on another device, with gradients of their own. */
    private static final class Replica extends ParameterStore {

        private final Map<Parameter, NDArray> arrays = new IdentityHashMap<>();

        Replica(Collection<Parameter> parameters, NDManager manager) {
            super(manager, false);
            for (Parameter parameter : parameters) {
                NDArray array = manager.zeros(parameter.getArray().getShape());
                array.setRequiresGradient(parameter.requiresGradient());
                arrays.put(parameter, array);
            }
        }

        @Override
        public NDArray getValue(Parameter parameter, Device device, boolean training) {
            return arrays.get(parameter);
        }
    }

    /**
     * Makes a lane that uses the parameters of a store.
     *
     * @param manager of the device, which the lane may use until it is closed
     */
    DeviceLane(
            Block network,
            ParameterStore store,
            NDManager manager,
            Precision precision,
            RetinaNetLoss loss,
            TorchScript script) {
        this.network = network;
        this.store = store;
        this.manager = manager;
        this.precision = precision;
        this.loss = loss;
        this.script = script;
        engine = EngineBridge.of(manager);
        anchorBoxes = new DeviceAnchors(manager);
        parameters = NamedParameters.of(network).values();
        numbers = newNumbers();
    }

    /**
     * {@return another lane of the same training, which {@link #refresh} must give the parameters}
     *
     * @param device where it computes, which may be the same one
     */
    DeviceLane another(Device device) {
        NDManager its = manager.newSubManager(device);
        return new DeviceLane(network, new Replica(parameters, its), its, precision, loss, script);
    }

    private NDArray newNumbers() {
        return manager.zeros(new Shape(DeviceTraining.MOST_UNREAD, 3));
    }

    /** {@return the arrays of all parameters that this lane uses} */
    private List<NDArray> arrays() {
        return parameters.stream()
                .map(parameter -> store.getValue(parameter, manager.getDevice(), true))
                .toList();
    }

    /** {@return the arrays of those that are trained} */
    List<NDArray> weights() {
        return parameters.stream()
                .filter(Parameter::requiresGradient)
                .map(parameter -> store.getValue(parameter, manager.getDevice(), true))
                .toList();
    }

    /** {@return all parameters, one after the other, which the caller closes} */
    NDArray copyParameters() {
        return script.call(manager, "flat", arrays());
    }

    /** Gives this lane what {@link #copyParameters} has returned of another one. */
    void refresh(NDArray values) {
        try (NDArray here = TorchMemory.move(values, manager)) {
            script.call(manager, "assign", arrays(), here).close();
        }
    }

    /**
     * {@return the gradients of the trained parameters, one after the other, and then the sums of
     * both losses since the last step; here they become 0}
     *
     * @param row of the numbers
     * @param owner of the result, which is on its device
     */
    NDArray take(int row, NDManager owner) {
        try (NDArray taken = script.call(manager, "take", weights(), numbers, (long) row)) {
            return TorchMemory.move(taken, owner);
        }
    }

    /** {@return the sums of both losses of each step, and the norm where this lane steps} */
    NDArray numbers() {
        return numbers;
    }

    /** {@return a copy of the numbers, which become 0} */
    float[] takeNumbers() {
        float[] values = engine.copy(numbers);
        numbers.close();
        numbers = newNumbers();
        return values;
    }

    /**
     * Computes the gradients of a part of a batch and adds them to those that are there.
     *
     * @param pixels [N, 3, H, W], normalised, from index 0 of the buffer
     * @param height H
     * @param width W
     * @param anchors of the canvas H x W
     * @param targets N of them, one per image
     * @param row of the numbers
     */
    @SuppressWarnings("try") // what is recorded is in the outputs
    void accumulate(
            FloatBuffer pixels,
            int height,
            int width,
            Anchors anchors,
            List<AnchorTargets> targets,
            int row) {
        try (NDManager step = manager.newSubManager();
                GradientCollector recording = engine.newGradientCollector(step)) {
            Shape shape = new Shape(targets.size(), 3, height, width);
            NDArray x = DeviceInput.of(step, pixels, shape, precision);
            NDArray target = engine.upload(step, packedShape(targets), to -> pack(targets, to));
            NDList outputs = network.forward(store, new NDList(x), true);
            int levels = outputs.size() / 2;
            script.call(
                    step,
                    "backward",
                    outputs.subList(0, levels),
                    outputs.subList(levels, 2 * levels),
                    target,
                    anchorBoxes.boxes(anchors),
                    loss.focal().alpha(),
                    loss.focal().gamma(),
                    beta(loss.box()),
                    loss.regressionWeight(),
                    (double) loss.minPositives(),
                    numbers,
                    (long) row);
        }
    }

    /** The script takes GIoU for a beta below 0. */
    private static double beta(BoxLoss box) {
        return box instanceof BoxLoss.SmoothL1 smooth ? smooth.beta() : -1;
    }

    private static Shape packedShape(List<AnchorTargets> targets) {
        int anchors = targets.get(0).labels().length;
        int positives = targets.stream().mapToInt(target -> target.positives().length).sum();
        return new Shape((long) targets.size() * anchors + 6L * positives);
    }

    /**
     * Packs targets as the script takes them, in float32, which holds all of their integers: the
     * labels of all images, then image and anchor of each positive anchor, then the codes.
     */
    private static void pack(List<AnchorTargets> targets, FloatBuffer values) {
        for (AnchorTargets target : targets) {
            for (int label : target.labels()) {
                values.put(label);
            }
        }
        for (int n = 0; n < targets.size(); n++) {
            for (int positive : targets.get(n).positives()) {
                values.put(n).put(positive);
            }
        }
        targets.forEach(target -> values.put(target.codes()));
    }
}
