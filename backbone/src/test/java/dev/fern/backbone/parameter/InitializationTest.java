package dev.fern.backbone.parameter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
class InitializationTest {

    /** The weight of a convolution of fan-in 8 * 9 and fan-out 64 * 9. */
    private static final Shape WEIGHT = new Shape(64, 8, 3, 3);

    private static float[] values(BiConsumer<String, Parameter> initialization, String name) {
        Parameter parameter =
                Parameter.builder()
                        .setName("weight")
                        .setType(Parameter.Type.WEIGHT)
                        .optShape(WEIGHT)
                        .build();
        initialization.accept(name, parameter);
        try (NDManager manager = NDManager.newBaseManager()) {
            parameter.initialize(manager, DataType.FLOAT32);
            return parameter.getArray().toFloatArray();
        }
    }

    @Test
    void valuesDependOnSeedAndNameAlone() {
        Initialization one = new Initialization(5);
        Initialization other = new Initialization(5);
        float[] a = values(one::heFanOut, "a");
        float[] b = values(one::heFanOut, "b");
        assertThat(values(other::heFanOut, "b")).isEqualTo(b);
        assertThat(values(other::heFanOut, "a")).isEqualTo(a);
        assertThat(a).isNotEqualTo(b);
    }

    @Test
    void otherSeedsAndOtherNamesGiveValuesThatHaveNothingInCommon() {
        float[] values = values(new Initialization(1)::heFanOut, "backbone.conv1.weight");
        for (long seed : new long[] {0, 2, 3, -1, 1L << 32}) {
            assertFewInCommon(
                    values, values(new Initialization(seed)::heFanOut, "backbone.conv1.weight"));
        }
        for (String name : new String[] {"backbone.conv2.weight", "backbone.conv1.weighs"}) {
            assertFewInCommon(values, values(new Initialization(1)::heFanOut, name));
        }
    }

    private static void assertFewInCommon(float[] a, float[] b) {
        Set<Float> seen = new HashSet<>();
        for (float value : a) {
            seen.add(value);
        }
        int common = 0;
        for (float value : b) {
            common += seen.contains(value) ? 1 : 0;
        }
        assertThat(common).isLessThan(a.length / 100);
    }

    @Test
    void heFanOutIsNormalWithTwoOverTheFanOutAsVariance() {
        float[] values = values(new Initialization(7)::heFanOut, "w");
        assertNormal(values, Math.sqrt(2.0 / (64 * 9)));
    }

    @Test
    void normalHasItsDeviation() {
        Initialization initialization = new Initialization(7);
        assertNormal(
                values((name, parameter) -> initialization.normal(name, parameter, 0.01), "w"),
                0.01);
    }

    /** Compares moments and tails with a normal distribution's, within five standard errors. */
    private static void assertNormal(float[] values, double deviation) {
        int n = values.length;
        double sum = 0;
        double squares = 0;
        int beyondOne = 0;
        int beyondTwo = 0;
        for (float value : values) {
            double z = value / deviation;
            sum += z;
            squares += z * z;
            beyondOne += Math.abs(z) > 1 ? 1 : 0;
            beyondTwo += Math.abs(z) > 2 ? 1 : 0;
        }
        assertThat(sum / n).isCloseTo(0, within(5 / Math.sqrt(n)));
        assertThat(squares / n).isCloseTo(1, within(5 * Math.sqrt(2.0 / n)));
        assertThat((double) beyondOne / n)
                .isCloseTo(0.3173, within(5 * Math.sqrt(0.3173 * 0.6827 / n)));
        assertThat((double) beyondTwo / n)
                .isCloseTo(0.0455, within(5 * Math.sqrt(0.0455 * 0.9545 / n)));
    }

    @Test
    void uniformFanInFillsItsBounds() {
        float[] values = values(new Initialization(7)::uniformFanIn, "w");
        double bound = Math.sqrt(3.0 / (8 * 9));
        double[] quarters = new double[4];
        for (float value : values) {
            assertThat(Math.abs(value)).isLessThanOrEqualTo((float) bound);
            quarters[(int) Math.min(3, (value / bound + 1) * 2)] += 1.0 / values.length;
        }
        for (double share : quarters) {
            assertThat(share).isCloseTo(0.25, within(5 * Math.sqrt(0.1875 / values.length)));
        }
    }

    @Test
    void constantsFillTheirParameters() {
        Initialization initialization = new Initialization(7);
        assertThat(values((name, parameter) -> initialization.constant(parameter, -4.5), "w"))
                .containsOnly(-4.5f);
    }
}
