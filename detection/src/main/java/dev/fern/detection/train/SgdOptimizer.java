package dev.fern.detection.train;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.fern.backbone.host.HostFunctions;
import dev.fern.backbone.host.Sums;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterReplica;
import dev.fern.backbone.parameter.Tensor;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Stochastic gradient descent with momentum, weight decay by kind of parameter, and clipping of the
 * global gradient norm, as torch.optim.SGD with clip_grad_norm_: v = momentum * v + clipped
 * gradient + decay * w; w = w - rate * v. Its state is plain Java, so that it can be saved and is
 * the same on every engine.
 */
public final class SgdOptimizer {

    private final double momentum;
    private final double clipNorm;
    private final List<Slot> slots = new ArrayList<>();
    private int accumulatedImages;

    /** One trained parameter with its gradient sum and velocity. */
    private static final class Slot {
        final String name;
        final Parameter parameter;
        final NDArray array;
        final double decay;
        final float[] gradient;
        final float[] velocity;

        Slot(String name, Parameter parameter, double decay) {
            this.name = name;
            this.parameter = parameter;
            this.array = parameter.getArray();
            this.decay = decay;
            this.gradient = new float[Math.toIntExact(array.size())];
            this.velocity = new float[gradient.length];
        }
    }

    /**
     * Prepares for the trained parameters of a block.
     *
     * @param block initialised
     * @param momentum 0 to 1; 0.9 in the references
     * @param weightDecay of convolution weights and biases
     * @param normWeightDecay of the parameters of normalisers: gamma, beta, tau, epsilon
     * @param clipNorm largest norm of all gradients together; infinity for no clipping
     */
    public SgdOptimizer(
            Block block,
            double momentum,
            double weightDecay,
            double normWeightDecay,
            double clipNorm) {
        this.momentum = momentum;
        this.clipNorm = clipNorm;
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
     */
    public void accumulate(int images) {
        for (Slot slot : slots) {
            try (NDArray gradient = slot.array.getGradient()) {
                add(slot, gradient, images);
            }
        }
        accumulatedImages += images;
    }

    /** Adds the gradients of a replica of the parameters likewise. */
    void accumulate(int images, ParameterReplica replica) {
        for (Slot slot : slots) {
            try (NDArray gradient = replica.gradient(slot.parameter)) {
                add(slot, gradient, images);
            }
        }
        accumulatedImages += images;
    }

    private void add(Slot slot, NDArray gradientArray, int images) {
        FloatBuffer gradient = floats(gradientArray);
        float[] sums = slot.gradient;
        boolean first = accumulatedImages == 0;
        FloatChunks.forEach(
                sums.length,
                (start, count, terms) -> {
                    gradient.get(start, terms, 0, count);
                    for (int i = 0; i < count; i++) {
                        sums[start + i] = (first ? 0 : sums[start + i]) + images * terms[i];
                    }
                });
    }

    /**
     * Takes a step with the mean of the accumulated gradients, unless their norm is not finite.
     *
     * @param rate learning rate
     * @return the norm of all gradients together before clipping; if it is not finite, nothing was
     *     changed
     */
    public double step(double rate) {
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
            sum += Sums.dot(slot.gradient, slot.gradient);
        }
        return Math.sqrt(sum);
    }

    private void update(Slot slot, float scale, float rate) {
        float[] gradient = slot.gradient;
        float[] velocity = slot.velocity;
        float keep = (float) momentum;
        float decay = (float) slot.decay;
        FloatBuffer weights = floats(slot.array);
        FloatChunks.forEach(
                gradient.length,
                (start, count, w) -> {
                    weights.get(start, w, 0, count);
                    for (int i = 0; i < count; i++) {
                        float v =
                                keep * velocity[start + i]
                                        + scale * gradient[start + i]
                                        + decay * w[i];
                        velocity[start + i] = v;
                        w[i] -= rate * v;
                    }
                    weights.put(start, w, 0, count);
                });
        if (!HostFunctions.hasFloats(slot.array)) {
            slot.array.set(weights);
        }
    }

    /** The values of an array, or a copy of them where its memory is not at hand. */
    private static FloatBuffer floats(NDArray array) {
        return HostFunctions.hasFloats(array)
                ? HostFunctions.floats(array)
                : FloatBuffer.wrap(array.toFloatArray());
    }

    /** Returns a copy of the velocities by the parameters' names. */
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
     * @throws IllegalArgumentException naming the first that is missing or of another size
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
