package dev.fern.detection.device;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.TorchScript;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.loss.BoxLoss;
import dev.fern.detection.loss.RetinaNetLoss;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The steps of a detector's training on the device of its parameters: forward pass, the losses with
 * their gradients, backward pass, and the movement of the weights, which is that of {@code
 * torch.optim.SGD} with {@code clip_grad_norm_}. A step brings its pixels and its targets to the
 * device and nothing back: {@link #read} tells of many steps at once. For one thread at a time.
 */
public final class DeviceTraining implements AutoCloseable {

    /** So many steps may be taken before {@link #read}. */
    public static final int MOST_UNREAD = 20;

    private final Block network;
    private final ParameterStore store;
    private final EngineBridge engine;
    private final NDManager manager;
    private final Precision precision;
    private final RetinaNetLoss loss;
    private final Descent descent;
    private final TorchScript script = ScriptFile.load("training.torchscript");
    private final DeviceAnchors anchorBoxes;
    private final List<NDArray> weights = new ArrayList<>();
    private final DeviceValues velocities;
    private final NDArray decay;

    /** [steps, 3]: the sums of both losses over the step's images, and the norm. */
    private NDArray numbers;

    private final List<Integer> imagesOfSteps = new ArrayList<>();
    private int images;

    /**
     * Settings of the steps.
     *
     * @param momentum part of the velocity that a step keeps, 0 to 1
     * @param weightDecay decay of weights and biases, at least 0
     * @param normWeightDecay decay of the normalisers' parameters, at least 0
     * @param clipNorm largest norm of all gradients together; infinity for no clipping
     */
    public record Descent(
            double momentum, double weightDecay, double normWeightDecay, double clipNorm) {

        double decay(Parameter parameter) {
            return switch (parameter.getType()) {
                case WEIGHT, BIAS -> weightDecay;
                default -> normWeightDecay;
            };
        }
    }

    /**
     * Prepares the steps of a network.
     *
     * @param network initialised, with parameters on a device that {@linkplain #supports allows it}
     * @param store where the network finds its own parameters
     * @param owner of the parameters
     * @param precision of the maps and of their gradients
     * @param loss what is minimised
     * @param descent how the weights move
     */
    public DeviceTraining(
            Block network,
            ParameterStore store,
            NDManager owner,
            Precision precision,
            RetinaNetLoss loss,
            Descent descent) {
        this.network = network;
        this.store = store;
        this.precision = precision;
        this.loss = loss;
        this.descent = descent;
        engine = EngineBridge.of(owner);
        manager = owner.newSubManager();
        anchorBoxes = new DeviceAnchors(manager);
        Map<String, Tensor> zeros = new LinkedHashMap<>();
        Map<String, Tensor> decays = new LinkedHashMap<>();
        NamedParameters.of(network)
                .forEach(
                        (name, parameter) -> {
                            if (parameter.requiresGradient()) {
                                NDArray array = parameter.getArray();
                                weights.add(array);
                                float[] values = new float[Math.toIntExact(array.size())];
                                long[] shape = array.getShape().getShape();
                                zeros.put(name, new Tensor(shape, values));
                                float[] decayed = new float[values.length];
                                Arrays.fill(decayed, (float) descent.decay(parameter));
                                decays.put(name, new Tensor(shape, decayed));
                            }
                        });
        velocities = DeviceValues.of(manager, zeros);
        decay = DeviceValues.of(manager, decays).array();
        numbers = newNumbers();
    }

    private NDArray newNumbers() {
        return manager.zeros(new Shape(MOST_UNREAD, 3));
    }

    /**
     * {@return whether a training can stay on the device of its parameters}
     *
     * @param owner of the parameters
     */
    public static boolean supports(NDManager owner) {
        return EngineBridge.of(owner).runsScripts(owner.getDevice());
    }

    /**
     * Computes the gradients of a batch and adds them to those since the last step.
     *
     * @param pixels [N, 3, H, W], normalised, from index 0 of the buffer
     * @param height H
     * @param width W
     * @param anchors of the canvas H x W
     * @param targets N of them, one per image
     * @throws IllegalStateException if {@value #MOST_UNREAD} steps are unread
     */
    @SuppressWarnings("try") // what is recorded is in the outputs
    public void accumulate(
            FloatBuffer pixels,
            int height,
            int width,
            Anchors anchors,
            List<AnchorTargets> targets) {
        if (unread() == MOST_UNREAD) {
            throw new IllegalStateException("the steps before must be read first");
        }
        Shape shape = new Shape(targets.size(), 3, height, width);
        try (NDManager step = manager.newSubManager();
                GradientCollector recording = engine.newGradientCollector(step)) {
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
                    (long) unread());
        }
        images += targets.size();
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

    /**
     * Takes a step with the mean of the accumulated gradients, unless their norm is not finite.
     *
     * @param rate learning rate
     */
    public void step(double rate) {
        if (images == 0) {
            throw new IllegalStateException("no gradients were computed since the last step");
        }
        script.call(
                        manager,
                        "step",
                        weights,
                        velocities.array(),
                        decay,
                        descent.momentum(),
                        descent.clipNorm(),
                        (double) images,
                        rate,
                        numbers,
                        (long) unread())
                .close();
        imagesOfSteps.add(images);
        images = 0;
    }

    /** {@return new values, those of all parameters of the network, for {@link #follow}} */
    public DeviceValues newAverage() {
        return DeviceValues.of(manager, ParameterValues.copyOf(network));
    }

    /**
     * Moves averages after a step: a = a + part * (w - a), unless the step moved nothing.
     *
     * @param average of all parameters
     * @param part what a new value weighs, 0 to 1
     */
    public void follow(DeviceValues average, double part) {
        List<NDArray> values =
                NamedParameters.of(network).values().stream().map(Parameter::getArray).toList();
        script.call(manager, "follow", average.array(), values, part, numbers, unread() - 1L)
                .close();
    }

    /** {@return how many steps were taken since {@link #read}, at most {@value #MOST_UNREAD}} */
    public int unread() {
        return imagesOfSteps.size();
    }

    /** {@return what there is to tell of the steps since the last call, in order} */
    public List<StepNumbers> read() {
        if (imagesOfSteps.isEmpty()) {
            return List.of();
        }
        float[] values = engine.copy(numbers);
        List<StepNumbers> read = new ArrayList<>();
        for (int step = 0; step < unread(); step++) {
            double count = imagesOfSteps.get(step);
            read.add(
                    StepNumbers.of(
                            values[3 * step] / count,
                            values[3 * step + 1] / count,
                            values[3 * step + 2]));
        }
        imagesOfSteps.clear();
        numbers.close();
        numbers = newNumbers();
        return read;
    }

    /** {@return the velocities of the trained parameters} */
    public DeviceValues velocities() {
        return velocities;
    }

    /**
     * Sets the velocities.
     *
     * @param values by the parameters' names; those of other parameters are left aside
     * @throws IllegalArgumentException naming the first parameter whose velocity is missing or of
     *     another size; nothing is set then
     */
    public void restoreVelocities(Map<String, Tensor> values) {
        velocities
                .shapes()
                .forEach(
                        (name, shape) -> {
                            Tensor velocity = values.get(name);
                            if (velocity == null
                                    || velocity.data().length != new Shape(shape).size()) {
                                throw new IllegalArgumentException(
                                        "the optimiser's state lacks parameter "
                                                + name
                                                + " or has it in another size");
                            }
                        });
        velocities.restore(values);
    }

    @Override
    public void close() {
        manager.close();
    }
}
