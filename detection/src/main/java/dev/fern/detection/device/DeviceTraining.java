package dev.fern.detection.device;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.EngineThreads;
import dev.fern.backbone.host.TorchScript;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.loss.RetinaNetLoss;
import dev.fern.detection.worker.RingAllReduce;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The steps of a detector's training on the device of its parameters: forward pass, the losses with
 * their gradients, backward pass, and the movement of the weights, which is that of {@code
 * torch.optim.SGD} with {@code clip_grad_norm_}. A step brings its pixels and its targets to the
 * device and nothing back: {@link #read} tells of many steps at once. Several devices share every
 * batch, each with a copy of the parameters and a thread of its own; their gradients go from device
 * to device and are added up in a fixed order. For one thread at a time.
 */
public final class DeviceTraining implements AutoCloseable {

    /** So many steps may be taken before {@link #read}. */
    public static final int MOST_UNREAD = 20;

    private final Block network;
    private final EngineBridge engine;
    private final NDManager manager;
    private final Descent descent;
    private final TorchScript script = ScriptFile.load("training.torchscript");
    private final List<DeviceLane> lanes = new ArrayList<>();
    private final EngineThreads threads;
    private final List<NDArray> weights;
    private final DeviceValues velocities;
    private final NDArray decay;

    /** The gradients and losses of all workers, which no lane has then; null without others. */
    private NDArray summed;

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
     * @param devices where parts of every batch are computed, at least one: that of the parameters
     *     first, where the steps are taken
     * @param precision of the maps and of their gradients
     * @param loss what is minimised
     * @param descent how the weights move
     */
    public DeviceTraining(
            Block network,
            ParameterStore store,
            NDManager owner,
            List<Device> devices,
            Precision precision,
            RetinaNetLoss loss,
            Descent descent) {
        this.network = network;
        this.descent = descent;
        engine = EngineBridge.of(owner);
        manager = owner.newSubManager();
        lanes.add(new DeviceLane(network, store, manager, precision, loss, script));
        for (Device device : devices.subList(1, devices.size())) {
            lanes.add(first().another(device));
        }
        threads = new EngineThreads(engine, devices.size());
        weights = first().weights();
        Map<String, Tensor> zeros = new LinkedHashMap<>();
        Map<String, Tensor> decays = new LinkedHashMap<>();
        NamedParameters.of(network)
                .forEach(
                        (name, parameter) -> {
                            if (parameter.requiresGradient()) {
                                NDArray array = parameter.getArray();
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
    public void accumulate(
            FloatBuffer pixels,
            int height,
            int width,
            Anchors anchors,
            List<AnchorTargets> targets) {
        if (unread() == MOST_UNREAD) {
            throw new IllegalStateException("the steps before must be read first");
        }
        if (images == 0 && lanes.size() > 1) {
            try (NDArray values = first().copyParameters()) {
                lanes.subList(1, lanes.size()).forEach(lane -> lane.refresh(values));
            }
        }
        int count = Math.min(lanes.size(), targets.size());
        if (count == 1) {
            first().accumulate(pixels, height, width, anchors, targets, unread());
        } else {
            int size = 3 * height * width;
            List<Supplier<Void>> parts = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                DeviceLane lane = lanes.get(i);
                int from = targets.size() * i / count;
                int end = targets.size() * (i + 1) / count;
                FloatBuffer own = pixels.slice(from * size, (end - from) * size);
                parts.add(
                        () -> {
                            lane.accumulate(
                                    own,
                                    height,
                                    width,
                                    anchors,
                                    targets.subList(from, end),
                                    unread());
                            return null;
                        });
            }
            threads.run(parts);
        }
        images += targets.size();
    }

    private DeviceLane first() {
        return lanes.get(0);
    }

    /**
     * Adds up what all workers of a training have accumulated, so that {@link #step} then takes the
     * same step on each: one array to the host and one back.
     *
     * @param ring of the workers; each calls this, even if it has accumulated nothing
     * @param imagesOfAll number of images of all workers together, at least 1
     * @throws IOException if another worker has ended; what was accumulated is lost then
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public void sum(RingAllReduce ring, int imagesOfAll) throws IOException, InterruptedException {
        images = 0; // the lanes give up what they have
        float[] values;
        try (NDManager scope = manager.newSubManager()) {
            values = engine.copy(script.call(scope, "total", taken(lanes, scope)));
        }
        ring.sum(List.of(FloatBuffer.wrap(values)));
        summed = engine.upload(manager, new Shape(values.length), to -> to.put(0, values));
        images = imagesOfAll;
    }

    private List<NDArray> taken(List<DeviceLane> from, NDManager owner) {
        return from.stream().map(lane -> lane.take(unread(), owner)).toList();
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
        try (NDManager step = manager.newSubManager()) {
            List<NDArray> others =
                    summed == null ? taken(lanes.subList(1, lanes.size()), step) : List.of(summed);
            script.call(
                    step,
                    "step",
                    weights,
                    others,
                    velocities.array(),
                    decay,
                    descent.momentum(),
                    descent.clipNorm(),
                    (double) images,
                    rate,
                    first().numbers(),
                    (long) unread());
        }
        if (summed != null) {
            summed.close();
            summed = null;
        }
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
        script.call(
                        manager,
                        "follow",
                        average.array(),
                        values,
                        part,
                        first().numbers(),
                        unread() - 1L)
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
        float[] values = first().takeNumbers();
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
        threads.close();
        manager.close();
    }
}
