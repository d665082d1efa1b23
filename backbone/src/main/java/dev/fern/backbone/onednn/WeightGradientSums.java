package dev.fern.backbone.onednn;

import ai.djl.ndarray.NDArray;
import java.util.IdentityHashMap;
import java.util.Map;
import org.bytedeco.dnnl.memory;
import org.bytedeco.javacpp.FloatPointer;

/**
 * The gradients of a pass's weights, added up in the layout in which oneDNN computes them. Some
 * weights, such as those of the heads, are used several times in a pass, and a change of layout
 * takes several times as long as an addition.
 */
final class WeightGradientSums implements AutoCloseable {

    private final ParameterGradients gradients;
    private final Map<NDArray, Sum> sums = new IdentityHashMap<>();

    /** What changes the layout of a term. */
    @FunctionalInterface
    interface Unpacking {
        /**
         * Writes or adds a term.
         *
         * @param term as oneDNN computes it
         * @param gradient receives it, laid out as the array
         * @param adds whether it is added to what is there
         */
        void unpack(memory term, memory gradient, boolean adds);
    }

    /** What has come so far of an array's gradient. */
    private static final class Sum implements AutoCloseable {
        int expected;

        /** Null while nothing has come. */
        memory values;

        memory.desc layout;
        memory.desc plain;
        Unpacking unpacking;

        void start(memory.desc layout, memory values, memory.desc plain, Unpacking unpacking) {
            this.layout = new memory.desc(layout);
            this.plain = new memory.desc(plain);
            this.values = values;
            this.unpacking = unpacking;
        }

        @Override
        public void close() {
            if (values != null) {
                values.close();
                layout.close();
                plain.close();
                values = null;
            }
        }
    }

    WeightGradientSums(ParameterGradients gradients) {
        this.gradients = gradients;
    }

    /** Announces terms of the gradient of an array. */
    void expect(NDArray weights, int terms) {
        sums.computeIfAbsent(weights, array -> new Sum()).expected += terms;
    }

    /**
     * Adds a term to the gradient of an array. With the last one that is expected the gradient goes
     * to {@link ParameterGradients}.
     *
     * @param layout of the term
     * @param term float32; it is taken over
     * @param plain the layout of the array
     * @param unpacking changes that of the term into it
     */
    void add(
            Workspace workspace,
            NDArray weights,
            memory.desc layout,
            memory term,
            memory.desc plain,
            Unpacking unpacking) {
        Sum sum = sums.get(weights);
        if (sum.values != null && !sum.layout.equals(layout)) {
            finish(weights, sum);
        }
        if (sum.values == null) {
            sum.start(layout, term, plain, unpacking);
        } else {
            ElementwiseKernels.add(workspace, sum.values, term, layout.get_size() / Float.BYTES);
            term.close();
        }
        sum.expected--;
        if (sum.expected == 0) {
            finish(weights, sum);
        }
    }

    /** Hands on what has come, though more was expected: a use may have no gradient. */
    void finish() {
        sums.forEach(this::finish);
    }

    private void finish(NDArray weights, Sum sum) {
        if (sum.values == null) {
            return;
        }
        try (sum;
                FloatPointer pointer = new FloatPointer(gradients.of(weights));
                memory target = new memory(sum.plain, OneDnn.cpu(), pointer)) {
            sum.unpacking.unpack(sum.values, target, !gradients.isFirst(weights));
        }
    }

    /** Frees what was not finished. */
    @Override
    public void close() {
        sums.values().forEach(Sum::close);
    }
}
