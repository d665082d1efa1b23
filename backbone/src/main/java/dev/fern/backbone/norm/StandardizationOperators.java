package dev.fern.backbone.norm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.moment.RowGroups;
import dev.fern.backbone.moment.Standardization;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Standardises by an engine's operators, as {@link StandardizationFunction} does on the host. */
final class StandardizationOperators {

    private StandardizationOperators() {}

    /**
     * {@return xhat, of the shape of x}
     *
     * @param x [N, C, H, W]
     */
    static NDArray apply(Standardizer standardizer, NDArray x) {
        Shape shape = x.getShape();
        RowGroups groups =
                standardizer.groups(Math.toIntExact(shape.get(0)), Math.toIntExact(shape.get(1)));
        boolean acrossImages = groups.step() != 1;
        NDArray ordered = acrossImages ? x.transpose(1, 0, 2, 3) : x;
        NDArray grouped = ordered.reshape(groups.count(), shape.size() / groups.count());
        NDArray xhat =
                (standardizer.measures()
                                ? measured(standardizer, grouped)
                                : fixed(standardizer, grouped))
                        .reshape(ordered.getShape());
        return acrossImages ? xhat.transpose(1, 0, 2, 3) : xhat;
    }

    /** Computes xhat by measured moments; x and the result are [groups, values per group]. */
    private static NDArray measured(Standardizer standardizer, NDArray x) {
        NDArray mean = x.mean(new int[] {1}, true);
        NDArray centred = x.sub(mean);
        NDArray variance = centred.square().mean(new int[] {1}, true);
        NDArray xhat = centred.div(variance.add(standardizer.epsilon()).sqrt());
        if (!standardizer.observes()) {
            return xhat;
        }
        EngineBridge engine = EngineBridge.of(x);
        float[] means = engine.copy(mean);
        float[] variances = engine.copy(variance);
        Standardization[] groups =
                IntStream.range(0, means.length)
                        .mapToObj(g -> standardizer.of(g, means[g], variances[g]))
                        .toArray(Standardization[]::new);
        standardizer.applied();
        return xhat.mul(constants(x, groups, Standardization::r))
                .add(constants(x, groups, Standardization::d));
    }

    private static NDArray fixed(Standardizer standardizer, NDArray x) {
        Standardization[] groups =
                IntStream.range(0, Math.toIntExact(x.getShape().get(0)))
                        .mapToObj(g -> standardizer.of(g, Double.NaN, Double.NaN))
                        .toArray(Standardization[]::new);
        return x.sub(constants(x, groups, Standardization::mean))
                .mul(constants(x, groups, Standardization::inverse));
    }

    private static NDArray constants(
            NDArray x, Standardization[] groups, ToDoubleFunction<Standardization> value) {
        float[] values = new float[groups.length];
        for (int g = 0; g < values.length; g++) {
            values[g] = (float) value.applyAsDouble(groups[g]);
        }
        return EngineBridge.of(x).create(x.getManager(), values, new Shape(values.length, 1));
    }
}
