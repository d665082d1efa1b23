package dev.fern.backbone.norm;

import static dev.fern.backbone.Closeness.assertClose;
import static dev.fern.backbone.Closeness.widen;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.fern.backbone.BlockPass;
import dev.fern.backbone.onednn.Precision;
import dev.fern.backbone.parameter.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

/**
 * FRN and TLU against float64 and by what holds for them. Long because one generator draws the
 * cases and one reference judges them.
 */
@Tag("engine")
class FilterResponseBlockTest {

    private static final double TOLERANCE = 1e-5;
    private static final double TAPE_TOLERANCE = 3e-5;

    /** A block's kind, the float32 values that go into it, and the gradient of its result. */
    record Case(
            int images,
            int channels,
            int height,
            int width,
            float[] x,
            float[] gamma,
            float[] beta,
            float[] epsilon,
            float[] shortcut,
            float[] tau,
            float[] outputGradient) {

        /** Draws random values with x of a given magnitude and no y within 1e-6 of tau. */
        static Case random(
                long seed,
                int images,
                int channels,
                int height,
                int width,
                double magnitude,
                boolean learnedEpsilon,
                boolean addsShortcut,
                boolean thresholded) {
            SplittableRandom random = new SplittableRandom(seed);
            int size = images * channels * height * width;
            Case drawn =
                    new Case(
                            images,
                            channels,
                            height,
                            width,
                            normal(random, size, magnitude),
                            normal(random, channels, 1),
                            normal(random, channels, 1),
                            learnedEpsilon ? normal(random, channels, 1e-3) : null,
                            addsShortcut ? normal(random, size, 1) : null,
                            thresholded ? normal(random, channels, 0.5) : null,
                            normal(random, size, 1));
            return thresholded ? drawn.awayFromTies() : drawn;
        }

        /** Moves tau until float32 and float64 agree on which side of it each y is. */
        private Case awayFromTies() {
            double[] y = reference().normalised();
            int places = height * width;
            for (int c = 0; c < channels; c++) {
                for (int i = 0; i < y.length; i++) {
                    if (i / places % channels == c && Math.abs(y[i] - tau[c]) < 1e-6) {
                        tau[c] += 1e-4f;
                        i = -1;
                    }
                }
            }
            return this;
        }

        private static float[] normal(SplittableRandom random, int size, double deviation) {
            float[] values = new float[size];
            for (int i = 0; i < size; i++) {
                values[i] = (float) (deviation * random.nextGaussian());
            }
            return values;
        }

        FilterResponseReference reference() {
            return new FilterResponseReference(
                    channels,
                    height * width,
                    widen(x),
                    widen(gamma),
                    widen(beta),
                    epsilon == null ? null : widen(epsilon),
                    shortcut == null ? null : widen(shortcut),
                    tau == null ? null : widen(tau));
        }

        FilterResponseReference gradients() {
            return reference().backward(widen(outputGradient));
        }

        List<Tensor> inputs() {
            long[] shape = {images, channels, height, width};
            List<Tensor> inputs = new ArrayList<>();
            inputs.add(new Tensor(shape, x));
            if (shortcut != null) {
                inputs.add(new Tensor(shape, shortcut));
            }
            return inputs;
        }

        FilterResponseBlock block(NDManager manager) {
            FilterResponseBlock block =
                    new FilterResponseBlock(
                            channels,
                            epsilon != null,
                            shortcut != null,
                            tau == null ? Activation.NONE : Activation.TLU);
            Map<String, float[]> values = new LinkedHashMap<>();
            values.put("gamma", gamma);
            values.put("beta", beta);
            if (epsilon != null) {
                values.put("eps", epsilon);
            }
            if (tau != null) {
                values.put("tau", tau);
            }
            BlockPass.prepare(manager, block, inputs(), values);
            return block;
        }

        /** Results that tie with tau, 0.25 and -3. */
        static Case tied() {
            return new Case(
                    1,
                    2,
                    1,
                    3,
                    new float[6],
                    new float[] {1, 2},
                    new float[] {0.25f, -3},
                    null,
                    new float[6],
                    new float[] {0.25f, -3},
                    new float[] {1, 2, 4, 8, 16, 32});
        }

        /** Checks a pass through {@link #tied}. */
        static void assertTiesGoToTau(BlockPass pass) {
            assertThat(pass.outputs().get(0).data()).containsExactly(.25f, .25f, .25f, -3, -3, -3);
            assertThat(pass.parameterGradients().get("tau")).containsExactly(7, 56);
            assertThat(pass.parameterGradients().get("gamma")).containsOnly(0);
            assertThat(pass.parameterGradients().get("beta")).containsOnly(0);
            assertThat(pass.inputGradients().get(0)).containsOnly(0);
            assertThat(pass.inputGradients().get(1)).containsOnly(0);
        }

        BlockPass run() {
            try (NDManager manager = NDManager.newBaseManager()) {
                return run(manager);
            }
        }

        BlockPass run(NDManager manager) {
            return BlockPass.of(manager, block(manager), inputs(), List.of(outputGradient));
        }

        /** Runs a prepared block in training in one of the two ways. */
        BlockPass run(NDManager manager, FilterResponseBlock block, boolean fused) {
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

        void assertMatchesReference() {
            // on maps of one place the terms of dx all but cancel, and float64 has 15 digits
            double least = 1e-15 / TOLERANCE * reference().steepest() * largest(outputGradient);
            assertMatchesReference(run(), TOLERANCE, least, null);
        }

        /**
         * Compares a pass on a tape of maps, whose sums are float32 and rounded like their terms.
         */
        void assertTapeMatchesReference() {
            try (NDManager manager = NDManager.newBaseManager()) {
                BlockPass pass =
                        BlockPass.onTape(
                                manager,
                                block(manager),
                                inputs(),
                                List.of(outputGradient),
                                Precision.FLOAT32);
                FilterResponseReference terms = reference().magnitudes(widen(outputGradient));
                assertMatchesReference(pass, TAPE_TOLERANCE, 0, terms);
            }
        }

        private static double largest(float[] values) {
            double largest = 0;
            for (float value : values) {
                largest = Math.max(largest, Math.abs(value));
            }
            return largest;
        }

        private static double meanSquareRoot(double[] values) {
            return Math.sqrt(Arrays.stream(values).map(v -> v * v).average().orElse(0));
        }

        /** Compares all that a pass gave; {@code terms} scale the sums where they are given. */
        void assertMatchesReference(
                BlockPass pass, double tolerance, double least, FilterResponseReference terms) {
            FilterResponseReference expected = gradients();
            // a sum of terms of about 1, which may cancel
            assertClose("z", pass.outputs().get(0).data(), reference().forward(), tolerance, 0.1);
            assertClose("dx", pass.inputGradients().get(0), expected.x(), tolerance, least);
            if (shortcut != null) {
                assertClose(
                        "dshortcut", pass.inputGradients().get(1), expected.shortcut(), tolerance);
            }
            Map<String, float[]> sums = pass.parameterGradients();
            Map<String, Function<FilterResponseReference, double[]>> parameters =
                    Map.of(
                            "gamma", FilterResponseReference::gamma,
                            "beta", FilterResponseReference::beta,
                            "eps", FilterResponseReference::epsilon,
                            "tau", FilterResponseReference::tau);
            parameters.forEach(
                    (name, values) -> {
                        if (values.apply(expected) != null) {
                            assertClose(
                                    "d" + name,
                                    sums.get(name),
                                    values.apply(expected),
                                    tolerance,
                                    terms == null ? 0 : meanSquareRoot(values.apply(terms)));
                        }
                    });
        }
    }

    @Property(tries = 150)
    void forwardAndAllGradientsMatchTheReference(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 5) int channels,
            @ForAll @IntRange(min = 1, max = 9) int height,
            @ForAll @IntRange(min = 1, max = 9) int width,
            @ForAll @IntRange(min = -2, max = 2) int power,
            @ForAll boolean learnedEpsilon,
            @ForAll boolean addsShortcut,
            @ForAll boolean thresholded) {
        Case.random(
                        seed,
                        images,
                        channels,
                        height,
                        width,
                        Math.pow(10, power),
                        learnedEpsilon,
                        addsShortcut,
                        thresholded)
                .assertMatchesReference();
    }

    @Property(tries = 40)
    void forwardAndAllGradientsMatchTheReferenceOnMapsOfOnePlace(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 4) int channels,
            @ForAll @IntRange(min = -2, max = 2) int power,
            @ForAll boolean learnedEpsilon) {
        Case.random(seed, images, channels, 1, 1, Math.pow(10, power), learnedEpsilon, false, true)
                .assertMatchesReference();
    }

    @Example
    void forwardAndAllGradientsMatchTheReferenceOnLargeMaps() {
        int[][] shapes = {
            {1, 1, 16, 16},
            {1, 2, 1, 257},
            {1, 1, 31, 33},
            {2, 3, 37, 61},
            {3, 1, 64, 63},
            {1, 2, 128, 128}
        };
        for (int[] shape : shapes) {
            for (boolean learnedEpsilon : new boolean[] {false, true}) {
                Case.random(
                                Arrays.hashCode(shape),
                                shape[0],
                                shape[1],
                                shape[2],
                                shape[3],
                                3,
                                learnedEpsilon,
                                true,
                                true)
                        .assertMatchesReference();
            }
        }
    }

    @Property(tries = 60)
    void mapsAndAllTheirGradientsMatchTheReference(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 40) int channels,
            @ForAll @IntRange(min = 1, max = 20) int height,
            @ForAll @IntRange(min = 1, max = 20) int width,
            @ForAll boolean learnedEpsilon,
            @ForAll boolean addsShortcut,
            @ForAll boolean thresholded) {
        Case.random(
                        seed,
                        images,
                        channels,
                        height,
                        width,
                        1,
                        learnedEpsilon,
                        addsShortcut,
                        thresholded)
                .assertTapeMatchesReference();
    }

    /** A gradient along x is cancelled but for epsilon's share, which float32 sums would lose. */
    @Example
    void theGradientOfConstantMapsIsWhatEpsilonLeavesOfIt() {
        for (int side : new int[] {1, 2, 7, 40}) {
            Case constant = Case.random(side, 1, 3, side, side, 1, false, false, false);
            Arrays.fill(constant.x, 0.37f);
            Arrays.fill(constant.outputGradient, 1.9f);
            constant.assertMatchesReference();
        }
    }

    @Property(tries = 30)
    void theReferencesGradientsAgreeWithFiniteDifferences(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 2) int images,
            @ForAll @IntRange(min = 1, max = 3) int channels,
            @ForAll @IntRange(min = 1, max = 3) int height,
            @ForAll @IntRange(min = 1, max = 3) int width,
            @ForAll boolean optional) {
        Case drawn =
                Case.random(seed, images, channels, height, width, 1, optional, optional, optional);
        FilterResponseReference reference = drawn.reference();
        FilterResponseReference gradients = drawn.gradients();
        double[] dz = widen(drawn.outputGradient);
        assertDifferences(reference, dz, reference.x(), gradients.x());
        assertDifferences(reference, dz, reference.gamma(), gradients.gamma());
        assertDifferences(reference, dz, reference.beta(), gradients.beta());
        if (optional) {
            assertDifferences(reference, dz, reference.epsilon(), gradients.epsilon());
            assertDifferences(reference, dz, reference.shortcut(), gradients.shortcut());
            assertDifferences(reference, dz, reference.tau(), gradients.tau());
        }
    }

    private static void assertDifferences(
            FilterResponseReference reference, double[] dz, double[] argument, double[] gradient) {
        for (int i = 0; i < argument.length; i++) {
            double value = argument[i];
            // this is below the distance that the cases keep from ties and from epsilon = 0
            double step = 1e-7 * Math.max(1e-3, Math.min(1, Math.abs(value)));
            argument[i] = value + step;
            double above = loss(reference, dz);
            argument[i] = value - step;
            double below = loss(reference, dz);
            argument[i] = value;
            double difference = (above - below) / (2 * step);
            assertThat(Math.abs(difference - gradient[i]))
                    .as("%s against %s", difference, gradient[i])
                    .isLessThan(1e-3 * Math.max(1, Math.abs(gradient[i])));
        }
    }

    private static double loss(FilterResponseReference reference, double[] dz) {
        double[] z = reference.forward();
        double sum = 0;
        for (int i = 0; i < z.length; i++) {
            sum += z[i] * dz[i];
        }
        return sum;
    }

    @Property(tries = 60)
    void theFusedAndTheOperatorVersionAreEqual(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 4) int channels,
            @ForAll @IntRange(min = 2, max = 20) int height,
            @ForAll @IntRange(min = 1, max = 20) int width,
            @ForAll boolean learnedEpsilon,
            @ForAll boolean addsShortcut,
            @ForAll boolean thresholded) {
        Case drawn =
                Case.random(
                        seed,
                        images,
                        channels,
                        height,
                        width,
                        1,
                        learnedEpsilon,
                        addsShortcut,
                        thresholded);
        try (NDManager manager = NDManager.newBaseManager()) {
            FilterResponseBlock block = drawn.block(manager);
            // the operators' own float32 sums set the tolerance
            BlockPass fused = drawn.run(manager, block, true);
            BlockPass operators = drawn.run(manager, block, false);
            fused.assertClose(operators, 2e-5, 1); // parameters' gradients are sums of such terms
            // on maps of few places the terms of dx may all but cancel, each rounded to float32
            double least = 0.02 * drawn.reference().steepest() * Case.largest(drawn.outputGradient);
            for (int i = 0; i < fused.inputGradients().size(); i++) {
                assertClose(
                        "gradient of input " + i,
                        fused.inputGradients().get(i),
                        widen(operators.inputGradients().get(i)),
                        2e-5,
                        i == 0 ? least : 0); // the shortcut's are copies
            }
        }
    }

    @Property(tries = 40)
    void reluIsAThresholdOfZero(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int images,
            @ForAll @IntRange(min = 1, max = 4) int channels,
            @ForAll @IntRange(min = 1, max = 7) int side,
            @ForAll boolean addsShortcut) {
        Case drawn = Case.random(seed, images, channels, side, side, 1, false, addsShortcut, false);
        FilterResponseReference unbounded = drawn.reference();
        double[] y = unbounded.normalised();
        for (int i = 0; i < y.length; i++) {
            // float32 and float64 may differ in the side of zero
            drawn.outputGradient[i] = Math.abs(y[i]) < 1e-5 ? 0 : drawn.outputGradient[i];
        }
        FilterResponseReference reference =
                new FilterResponseReference(
                        channels,
                        side * side,
                        unbounded.x(),
                        unbounded.gamma(),
                        unbounded.beta(),
                        null,
                        unbounded.shortcut(),
                        new double[channels]);
        FilterResponseReference gradients = reference.backward(widen(drawn.outputGradient));
        Normalization normalization = Normalization.parse("frn-relu");
        FilterResponseBlock block =
                (FilterResponseBlock)
                        (addsShortcut
                                ? normalization.normAddActivation(channels)
                                : normalization.normActivation(channels));
        try (NDManager manager = NDManager.newBaseManager()) {
            BlockPass.prepare(
                    manager,
                    block,
                    drawn.inputs(),
                    Map.of("gamma", drawn.gamma, "beta", drawn.beta));
            for (boolean fused : new boolean[] {true, false}) {
                BlockPass pass = drawn.run(manager, block, fused);
                // the operators' own float32 sums set their tolerance
                double tolerance = fused ? TOLERANCE : 5e-5;
                assertClose("z", pass.outputs().get(0).data(), reference.forward(), tolerance, 0.1);
                if (fused || side > 1) {
                    assertClose("dx", pass.inputGradients().get(0), gradients.x(), tolerance, 1e-2);
                }
                if (addsShortcut) {
                    assertClose(
                            "dshortcut",
                            pass.inputGradients().get(1),
                            gradients.shortcut(),
                            tolerance);
                }
                Map<String, float[]> parameters = pass.parameterGradients();
                assertThat(parameters).containsOnlyKeys("gamma", "beta");
                assertClose("dgamma", parameters.get("gamma"), gradients.gamma(), tolerance, 1);
                assertClose("dbeta", parameters.get("beta"), gradients.beta(), tolerance, 1);
            }
        }
    }

    @Example
    void inferenceGivesTheSameAsTraining() {
        Case drawn = Case.random(5, 2, 3, 5, 7, 1, true, true, true);
        try (NDManager manager = NDManager.newBaseManager()) {
            FilterResponseBlock block = drawn.block(manager);
            float[] inferred = BlockPass.infer(manager, block, drawn.inputs()).get(0).data();
            BlockPass trained =
                    BlockPass.of(manager, block, drawn.inputs(), List.of(drawn.outputGradient));
            assertThat(inferred).isEqualTo(trained.outputs().get(0).data());
        }
    }

    @Example
    void anImagesResultDoesNotDependOnItsBatch() {
        Case pair = Case.random(6, 2, 3, 5, 7, 1, true, true, true);
        Case alone =
                new Case(
                        1,
                        3,
                        5,
                        7,
                        Arrays.copyOfRange(pair.x, 105, 210),
                        pair.gamma,
                        pair.beta,
                        pair.epsilon,
                        Arrays.copyOfRange(pair.shortcut, 105, 210),
                        pair.tau,
                        Arrays.copyOfRange(pair.outputGradient, 105, 210));
        BlockPass together = pair.run();
        BlockPass single = alone.run();
        assertThat(single.outputs().get(0).data())
                .isEqualTo(Arrays.copyOfRange(together.outputs().get(0).data(), 105, 210));
        assertThat(single.inputGradients().get(0))
                .isEqualTo(Arrays.copyOfRange(together.inputGradients().get(0), 105, 210));
    }

    @Example
    void whereTheResultTiesWithTauTheGradientGoesToTau() {
        Case.assertTiesGoToTau(Case.tied().run());
    }

    @Example
    void channelsOfZerosGiveBetaAndFiniteGradients() {
        for (boolean learnedEpsilon : new boolean[] {false, true}) {
            Case zero = Case.random(7, 2, 3, 4, 4, 0, learnedEpsilon, false, true);
            zero.assertMatchesReference();
            float[] gradient = zero.run().inputGradients().get(0);
            for (float value : gradient) {
                assertThat(value).isFinite();
            }
        }
    }

    @Example
    void inputsOfShapesThatDoNotFitAreRefused() {
        Case drawn = Case.random(8, 1, 3, 2, 2, 1, false, true, true);
        try (NDManager manager = NDManager.newBaseManager()) {
            FilterResponseBlock block = drawn.block(manager);
            Tensor x = drawn.inputs().get(0);
            Tensor fewerChannels = new Tensor(new long[] {1, 2, 2, 2}, new float[8]);
            Tensor larger = new Tensor(new long[] {2, 3, 2, 2}, new float[24]);
            assertThatThrownBy(
                            () ->
                                    BlockPass.infer(
                                            manager, block, List.of(fewerChannels, fewerChannels)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> BlockPass.infer(manager, block, List.of(x, larger)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("(2, 3, 2, 2)");
        }
    }

    @Example
    void parametersStartAsThePaperSays() {
        try (NDManager manager = NDManager.newBaseManager()) {
            FilterResponseBlock block = new FilterResponseBlock(3, true, false, Activation.TLU);
            BlockPass.prepare(
                    manager,
                    block,
                    List.of(new Tensor(new long[] {1, 3, 1, 1}, new float[3])),
                    Map.of());
            Map<String, float[]> starts = new LinkedHashMap<>();
            block.getDirectParameters()
                    .forEach(p -> starts.put(p.getKey(), p.getValue().getArray().toFloatArray()));
            assertThat(starts.get("gamma")).containsOnly(1);
            assertThat(starts.get("beta")).containsOnly(0);
            assertThat(starts.get("eps")).containsOnly(1e-4f);
            assertThat(starts.get("tau")).containsOnly(0);
        }
    }
}
