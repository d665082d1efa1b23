package dev.fern.backbone.norm;

import static dev.fern.backbone.Closeness.assertClose;
import static dev.fern.backbone.Closeness.widen;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import dev.fern.backbone.BlockPass;
import dev.fern.backbone.norm.MomentReference.Gradients;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Random float32 values that go through a normaliser, what follows it, and the gradient of its
 * result.
 *
 * @param shape [N, C, H, W]
 * @param shortcut null where none is added
 * @param activation {@link Activation#NONE} for the norm alone
 */
record NormCase(
        long[] shape,
        float[] x,
        float[] gamma,
        float[] beta,
        float[] shortcut,
        float[] tau,
        float[] outputGradient,
        Activation activation) {

    static final double TOLERANCE = 1e-5;

    /** A normaliser's result and gradients in float64. */
    interface Reference {
        double[] forward(double[] x, double[] gamma, double[] beta);

        Gradients backward(double[] x, double[] gamma, double[] dy);

        /** A reference that takes the moments of x. */
        static Reference of(MomentReference moments) {
            return new Reference() {
                @Override
                public double[] forward(double[] x, double[] gamma, double[] beta) {
                    return moments.forward(x, gamma, beta);
                }

                @Override
                public Gradients backward(double[] x, double[] gamma, double[] dy) {
                    return moments.backward(x, gamma, dy, null);
                }
            };
        }
    }

    /**
     * Draws a case.
     *
     * @param addsShortcut whether a shortcut is added where an activation follows; the norm alone
     *     adds none
     */
    static NormCase random(
            long seed,
            int images,
            int channels,
            int height,
            int width,
            boolean addsShortcut,
            Activation activation) {
        SplittableRandom random = new SplittableRandom(seed);
        int size = images * channels * height * width;
        return new NormCase(
                new long[] {images, channels, height, width},
                normal(random, size, 0.7, 1.5),
                normal(random, channels, 1, 0.5),
                normal(random, channels, 0, 1),
                addsShortcut && activation != Activation.NONE ? normal(random, size, 0, 1) : null,
                normal(random, channels, 0, 0.5),
                normal(random, size, 0, 1),
                activation);
    }

    /** Returns this case with the norm alone. */
    static NormCase random(long seed, int images, int channels, int height, int width) {
        return random(seed, images, channels, height, width, false, Activation.NONE);
    }

    static float[] normal(SplittableRandom random, int size, double mean, double deviation) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextGaussian(mean, deviation);
        }
        return values;
    }

    int channels() {
        return (int) shape[1];
    }

    int places() {
        return (int) (shape[2] * shape[3]);
    }

    MomentReference ofChannels(double epsilon) {
        return MomentReference.ofChannels((int) shape[0], channels(), places(), epsilon);
    }

    MomentReference ofGroups(double epsilon, int groups) {
        return MomentReference.ofGroups((int) shape[0], channels(), places(), epsilon, groups);
    }

    List<Tensor> inputs() {
        List<Tensor> inputs = new ArrayList<>();
        inputs.add(new Tensor(shape, x));
        if (shortcut != null) {
            inputs.add(new Tensor(shape, shortcut));
        }
        return inputs;
    }

    /** Returns a normalisation's block that does what this case asks for. */
    Block block(Normalization normalization) {
        if (activation == Activation.NONE) {
            return normalization.norm(channels());
        }
        return shortcut == null
                ? normalization.normActivation(channels())
                : normalization.normAddActivation(channels());
    }

    void prepare(NDManager manager, Block block) {
        String prefix = activation == Activation.NONE ? "" : "norm.";
        Map<String, float[]> values = new LinkedHashMap<>();
        values.put(prefix + "gamma", gamma);
        values.put(prefix + "beta", beta);
        if (activation == Activation.TLU) {
            values.put("tau", tau);
        }
        BlockPass.prepare(manager, block, inputs(), values);
    }

    /** Compares a normalisation in training with its reference. */
    void assertMatches(Normalization normalization, Reference reference) {
        try (NDManager manager = NDManager.newBaseManager()) {
            Block block = block(normalization);
            prepare(manager, block);
            assertMatches(manager, block, reference);
        }
    }

    /** Compares a prepared block in training with its reference. */
    void assertMatches(NDManager manager, Block block, Reference reference) {
        assertMatches(
                manager,
                block,
                (parameters, list) -> block.forward(parameters, list, true),
                reference);
    }

    /**
     * Compares a prepared block in training, run by a given forward pass on an engine's arrays and
     * on maps, with its reference.
     */
    void assertMatches(
            NDManager manager, Block block, BlockPass.Forward forward, Reference reference) {
        double[] z = reference.forward(widen(x), widen(gamma), widen(beta));
        double[] dy = activate(z);
        Gradients expected = reference.backward(widen(x), widen(gamma), dy);
        List<float[]> gradients = List.of(outputGradient);
        Map<String, Tensor> state = ParameterValues.copyOf(block);
        assertMatches(BlockPass.of(manager, block, forward, inputs(), gradients), z, dy, expected);
        ParameterValues.assign(block, state); // running averages have moved
        assertMatches(
                BlockPass.onTape(manager, block, forward, inputs(), gradients, Precision.FLOAT32),
                z,
                dy,
                expected);
    }

    private void assertMatches(BlockPass pass, double[] z, double[] dy, Gradients expected) {
        // a sum of terms of about 1, which may cancel, and mostly 0 after ReLU
        assertClose("z", pass.outputs().get(0).data(), z, TOLERANCE, 0.1);
        assertClose("dx", pass.inputGradients().get(0), expected.x(), TOLERANCE, 1e-6);
        if (shortcut != null) {
            assertClose("dshortcut", pass.inputGradients().get(1), dy, TOLERANCE);
        }
        if (activation == Activation.TLU) {
            assertClose(
                    "dtau", pass.parameterGradients().get("tau"), tauGradient(dy), TOLERANCE, 1);
        }
        String prefix = activation == Activation.NONE ? "" : "norm.";
        if (pass.parameterGradients().containsKey(prefix + "gamma")) {
            assertClose(
                    "dgamma",
                    pass.parameterGradients().get(prefix + "gamma"),
                    expected.gamma(),
                    TOLERANCE,
                    1);
            assertClose(
                    "dbeta",
                    pass.parameterGradients().get(prefix + "beta"),
                    expected.beta(),
                    TOLERANCE,
                    1);
        }
    }

    /**
     * Makes z of y and returns dy. Where y is so near the threshold that float32 may fall on its
     * other side, the case's output gradient becomes 0.
     */
    private double[] activate(double[] y) {
        double[] dy = new double[y.length];
        for (int i = 0; i < y.length; i++) {
            double threshold =
                    switch (activation) {
                        case NONE -> Double.NEGATIVE_INFINITY;
                        case RELU -> 0;
                        case TLU -> tau[i / places() % channels()];
                    };
            y[i] += shortcut == null ? 0 : shortcut[i];
            if (Math.abs(y[i] - threshold) < 1e-5) {
                outputGradient[i] = 0;
            }
            dy[i] = y[i] > threshold ? outputGradient[i] : 0;
            y[i] = Math.max(y[i], threshold);
        }
        return dy;
    }

    private double[] tauGradient(double[] dy) {
        double[] gradient = new double[channels()];
        for (int i = 0; i < dy.length; i++) {
            gradient[i / places() % channels()] += outputGradient[i] - dy[i];
        }
        return gradient;
    }

    /**
     * Compares the two ways in which a normalisation is computed in training.
     *
     * @param reference knows where y is so near the threshold that the two may fall on both sides
     */
    void assertFusedEqualsOperators(Normalization normalization, Reference reference) {
        assertFusedEqualsOperators(normalization, reference, block -> {});
    }

    /** Compares the two ways from a state that is set before. */
    void assertFusedEqualsOperators(
            Normalization normalization, Reference reference, Consumer<Block> state) {
        activate(reference.forward(widen(x), widen(gamma), widen(beta))); // no gradient of ties
        BlockPass fused = run(normalization, state, true);
        BlockPass operators = run(normalization, state, false);
        // the operators' own float32 sums set the tolerance
        fused.assertClose(operators, 5e-5, 1);
    }

    private BlockPass run(Normalization normalization, Consumer<Block> state, boolean fused) {
        try (NDManager manager = NDManager.newBaseManager()) {
            MomentNormBlock.Activated block = (MomentNormBlock.Activated) block(normalization);
            prepare(manager, block);
            state.accept(block);
            return run(manager, block, fused);
        }
    }

    /** Runs a prepared block in training in one of the two ways. */
    BlockPass run(NDManager manager, MomentNormBlock.Activated block, boolean fused) {
        return BlockPass.of(
                manager,
                block,
                (parameters, list) ->
                        new NDList(
                                fused
                                        ? block.fused(parameters, list, true)
                                        : block.operators(parameters, list, true)),
                inputs(),
                List.of(outputGradient));
    }

    /** Runs a prepared block in training. */
    BlockPass run(NDManager manager, Block block) {
        return BlockPass.of(manager, block, inputs(), List.of(outputGradient));
    }
}
