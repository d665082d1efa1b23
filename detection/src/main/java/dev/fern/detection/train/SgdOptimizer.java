package dev.fern.detection.train;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.loop.FloatChunks;
import dev.fern.backbone.loop.Sums;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterReplica;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.recipe.LoopSettings;
import dev.fern.detection.recipe.Optimization;
import dev.fern.detection.worker.RingAllReduce;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent with momentum, weight decay by kind of parameter, and clipping of the
 * norm of all gradients together, as {@code torch.optim.SGD} with {@code clip_grad_norm_}: v =
 * momentum * v + clipped gradient + decay * w; w = w - rate * v. Its state is plain Java, so that
 * it can be saved and is the same on every engine.
 */
public final class SgdOptimizer {

    private final double momentum;
    private final double clipNorm;
    private final boolean inPlace;
    private final List<Slot> slots = new ArrayList<>();
    private int accumulatedImages;

    /** One trained parameter with its gradient sum and velocity. */
    private static final class Slot {
        final String name;
        final Parameter parameter;
        final NDArray array;
        final double decay;
        final float[] velocity;

        /** The sum of the gradients, in memory of its own or in that of the network's gradient. */
        FloatBuffer gradient;

        Slot(String name, Parameter parameter, double decay) {
            this.name = name;
            this.parameter = parameter;
            this.array = parameter.getArray();
            this.decay = decay;
            this.velocity = new float[Math.toIntExact(array.size())];
        }
    }

    /**
     * Prepares for the trained parameters of a block.
     *
     * @param block initialised
     * @param momentum part of the velocity that a step keeps, 0 to 1; 0.9 in the paper
     * @param weightDecay decay of weights and biases, at least 0
     * @param normWeightDecay decay of the normalisers' parameters gamma, beta, tau and epsilon, at
     *     least 0
     * @param clipNorm largest norm of all gradients together; infinity for no clipping
     */
    public SgdOptimizer(
            Block block,
            double momentum,
            double weightDecay,
            double normWeightDecay,
            double clipNorm) {
        this(block, momentum, weightDecay, normWeightDecay, clipNorm, false);
    }

    /**
     * Makes the optimiser of a training.
     *
     * @param settings of the optimiser
     * @param loop tells how many batches make one step
     * @param block the network, initialised
     * @return an optimiser that has taken no step
     */
    public static SgdOptimizer of(Optimization settings, LoopSettings loop, Block block) {
        return new SgdOptimizer(
                block,
                settings.momentum(),
                settings.weightDecay(),
                settings.normWeightDecay(),
                settings.largestNorm(),
                loop.accumulate() == 1);
    }

    /**
     * Prepares for the trained parameters of a block.
     *
     * @param inPlace whether gradients are added up in the memory of the network's own gradient,
     *     which takes less memory and allows one backward pass with its own parameters per step
     */
    SgdOptimizer(
            Block block,
            double momentum,
            double weightDecay,
            double normWeightDecay,
            double clipNorm,
            boolean inPlace) {
        this.momentum = momentum;
        this.clipNorm = clipNorm;
        this.inPlace = inPlace;
        NamedParameters.of(block)
                .forEach(
                        (name, parameter) -> {
                            if (parameter.requiresGradient()) {
                                boolean ofNorm =
                                        parameter.getType() != Parameter.Type.WEIGHT
                                                && parameter.getType() != Parameter.Type.BIAS;
                                slots.add(
                                        new Slot(
                                                name,
                                                parameter,
                                                ofNorm ? normWeightDecay : weightDecay));
                            }
                        });
    }

    /**
     * Adds the gradients of the last backward pass, whose loss was a mean over images, to those
     * kept since the last {@link #step}.
     *
     * @param images number of images of that pass
     * @throws IllegalStateException if gradients are added up in place and there are some already
     */
    public void accumulate(int images) {
        if (inPlace && accumulatedImages > 0) {
            throw new IllegalStateException(
                    "gradients that are added up in place are of one backward pass per step");
        }
        for (Slot slot : slots) {
            try (NDArray gradient = slot.array.getGradient()) {
                EngineBridge engine = EngineBridge.of(gradient);
                if (inPlace && engine.lendsMemory(gradient)) {
                    slot.gradient = engine.floats(gradient);
                    add(slot.gradient, slot, images, true);
                } else {
                    add(gradient, slot, images);
                }
            }
        }
        accumulatedImages += images;
    }

    /**
     * Adds the gradients of the last backward pass on a replica of the parameters, whose loss was a
     * mean over images, to those kept since the last {@link #step}.
     *
     * @param images number of images of that pass
     */
    void accumulate(int images, ParameterReplica replica) {
        for (Slot slot : slots) {
            try (NDArray gradient = replica.gradient(slot.parameter)) {
                add(gradient, slot, images);
            }
        }
        accumulatedImages += images;
    }

    private void add(NDArray gradient, Slot slot, int images) {
        if (slot.gradient == null) {
            slot.gradient = FloatBuffer.allocate(slot.velocity.length);
        }
        add(EngineBridge.of(gradient).values(gradient), slot, images, accumulatedImages == 0);
    }

    /**
     * Adds a gradient, times the number of images, to a slot's sum.
     *
     * @param first whether the slot has none of this step's gradients yet
     */
    private static void add(FloatBuffer gradient, Slot slot, int images, boolean first) {
        FloatBuffer sums = slot.gradient;
        if (first && images == 1 && gradient == sums) {
            return;
        }
        FloatChunks.forEach(
                slot.velocity.length,
                (start, count, terms, sum) -> {
                    gradient.get(start, terms, 0, count);
                    if (first) {
                        Arrays.fill(sum, 0);
                    } else {
                        sums.get(start, sum, 0, count);
                    }
                    for (int i = 0; i < count; i++) {
                        sum[i] += images * terms[i];
                    }
                    sums.put(start, sum, 0, count);
                });
    }

    /**
     * Adds up what all workers of a training have accumulated, so that {@link #step} then takes the
     * same step on each.
     *
     * @param ring of the workers; each calls this, even if it has accumulated nothing
     * @param images number of images of all workers together, at least 1
     * @throws IOException if another worker has ended; the gradients must not be used then
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    void sum(RingAllReduce ring, int images) throws IOException, InterruptedException {
        if (accumulatedImages == 0) {
            for (Slot slot : slots) {
                clear(slot);
            }
        }
        ring.sum(slots.stream().map(slot -> slot.gradient.duplicate().clear()).toList());
        accumulatedImages = images;
    }

    private static void clear(Slot slot) {
        if (slot.gradient == null) {
            slot.gradient = FloatBuffer.allocate(slot.velocity.length);
        }
        FloatBuffer sums = slot.gradient;
        FloatChunks.forEach(
                slot.velocity.length,
                (start, count, zeros, unused) -> {
                    Arrays.fill(zeros, 0, count, 0);
                    sums.put(start, zeros, 0, count);
                });
    }

    /**
     * Takes a step with the mean of the accumulated gradients, unless their norm is not finite.
     *
     * @param rate learning rate
     * @return the norm of all gradients together before clipping; if it is not finite, as where
     *     none were accumulated, no parameter was changed
     */
    public double step(double rate) {
        if (accumulatedImages == 0) {
            return Double.NaN;
        }
        double norm = globalNorm() / accumulatedImages;
        if (Double.isFinite(norm)) {
            double clip = norm > clipNorm ? clipNorm / (norm + 1e-6) : 1;
            float scale = (float) (clip / accumulatedImages);
            for (Slot slot : slots) {
                update(slot, scale, (float) rate);
            }
        }
        accumulatedImages = 0;
        return norm;
    }

    private double globalNorm() {
        double sum = 0;
        for (Slot slot : slots) {
            double[] squares = new double[FloatChunks.count(slot.velocity.length)];
            FloatChunks.forEach(
                    slot.velocity.length,
                    (start, count, gradient, unused) -> {
                        slot.gradient.get(start, gradient, 0, count);
                        Arrays.fill(gradient, count, gradient.length, 0);
                        squares[start / FloatChunks.SIZE] = Sums.dot(gradient, gradient);
                    });
            sum += Arrays.stream(squares).sum();
        }
        return Math.sqrt(sum);
    }

    private void update(Slot slot, float scale, float rate) {
        float[] velocity = slot.velocity;
        float keep = (float) momentum;
        float decay = (float) slot.decay;
        FloatBuffer weights = EngineBridge.of(slot.array).values(slot.array);
        FloatChunks.forEach(
                velocity.length,
                (start, count, w, gradient) -> {
                    weights.get(start, w, 0, count);
                    slot.gradient.get(start, gradient, 0, count);
                    for (int i = 0; i < count; i++) {
                        float v = keep * velocity[start + i] + scale * gradient[i] + decay * w[i];
                        velocity[start + i] = v;
                        w[i] -= rate * v;
                    }
                    weights.put(start, w, 0, count);
                });
        if (!EngineBridge.of(slot.array).lendsMemory(slot.array)) {
            slot.array.set(weights);
        }
    }

    /** {@return a copy of the velocities by the parameters' names, in the parameters' shapes} */
    public Map<String, Tensor> copyState() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        for (Slot slot : slots) {
            state.put(
                    slot.name, new Tensor(slot.array.getShape().getShape(), slot.velocity.clone()));
        }
        return state;
    }

    /**
     * Sets the velocities.
     *
     * @param state velocities by the parameters' names; those of other parameters are left aside
     * @throws IllegalArgumentException naming the first parameter whose velocity is missing or of
     *     another size; nothing is set then
     */
    public void restoreState(Map<String, Tensor> state) {
        for (Slot slot : slots) {
            Tensor velocity = state.get(slot.name);
            if (velocity == null || velocity.data().length != slot.velocity.length) {
                throw new IllegalArgumentException(
                        "the optimiser's state lacks parameter "
                                + slot.name
                                + " or has it in another size");
            }
        }
        for (Slot slot : slots) {
            System.arraycopy(
                    state.get(slot.name).data(), 0, slot.velocity, 0, slot.velocity.length);
        }
    }
}
