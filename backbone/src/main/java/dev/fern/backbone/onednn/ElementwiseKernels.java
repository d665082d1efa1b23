package dev.fern.backbone.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_WEIGHTS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_0;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.binary;
import org.bytedeco.dnnl.convolution_backward_weights;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.eltwise_forward;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Functions of the values of maps, each of one image at a time. Vectors have a float32 number for
 * each channel.
 */
final class ElementwiseKernels {

    /**
     * What ReLU multiplies negative numbers by: nothing in any sum with other numbers. With 0
     * oneDNN would turn NaN into 0, and a network's damage would not show.
     */
    private static final float RELU_SLOPE = 1e-20f;

    /**
     * Of a large map strips of about so many values are summed: each must be worth its call, and
     * fits into a core's cache.
     */
    private static final int STRIP_VALUES = 1 << 20;

    /** A sum of so many squares in float32 is off by 1e-6. */
    private static final int MOST_STRIP_PLACES = 1 << 14;

    private ElementwiseKernels() {}

    /** The second operand of an operation. */
    enum Operand {
        /** A number for each channel. */
        VECTOR,
        /** A map of the same shape. */
        MAP
    }

    /** An operation, the next of a chain, on what the one before it gives. */
    record Operation(String name, Operand operand) {
        private algorithm algorithm() {
            return algorithm.valueOf("binary_" + name);
        }
    }

    /** What the code of a chain of operations is made for. */
    private record Chain(MapShape image, List<Operation> operations) {}

    /** What the code of the sums of each channel is made for. */
    private record ChannelSums(MapShape strip) {}

    /** What the code of a ReLU is made for. */
    private record Relu(MapShape image) {}

    static Operation vector(String name) {
        return new Operation(name, Operand.VECTOR);
    }

    static Operation map(String name) {
        return new Operation(name, Operand.MAP);
    }

    private static memory.desc vectorLayout(int channels) {
        return new memory.desc(
                new long[] {1, channels, 1, 1}, memory.data_type.f32, memory.format_tag.nhwc);
    }

    /** {@return a vector in oneDNN's memory, which the caller closes} */
    static memory vector(float[] values) {
        try (memory.desc layout = vectorLayout(values.length)) {
            memory vector = new memory(layout, OneDnn.cpu());
            new FloatPointer(vector.get_data_handle()).put(values);
            return vector;
        }
    }

    private static NativeCode.Single chain(Chain chain) {
        memory.desc map = chain.image.layout();
        memory.desc vector = vectorLayout(chain.image.channels());
        primitive_attr attributes = OneDnn.newAttributes();
        post_ops following = new post_ops();
        Operation first = chain.operations.get(0);
        for (Operation operation : chain.operations.subList(1, chain.operations.size())) {
            following.append_binary(
                    operation.algorithm(), operation.operand == Operand.MAP ? map : vector);
        }
        attributes.set_post_ops(following);
        var plan =
                new binary.primitive_desc(
                        OneDnn.cpu(),
                        first.algorithm(),
                        map,
                        first.operand == Operand.MAP ? map : vector,
                        map,
                        attributes,
                        false);
        return new NativeCode.Single(new Kernel(plan, new binary(plan)));
    }

    /**
     * Applies a chain of operations to an image.
     *
     * @param shape of the map
     * @param operations on the image, each with its operand
     * @param x the image
     * @param y receives the result; may be x
     * @param operands one per operation
     */
    static void apply(
            Workspace workspace,
            MapShape shape,
            List<Operation> operations,
            memory x,
            memory y,
            memory... operands) {
        Kernel kernel =
                OneDnn.code(new Chain(shape.image(), operations), ElementwiseKernels::chain).kernel;
        Kernel.Arguments arguments =
                kernel.with(DNNL_ARG_SRC_0, x)
                        .with(DNNL_ARG_SRC_1, operands[0])
                        .with(DNNL_ARG_DST, y);
        for (int i = 1; i < operands.length; i++) {
            arguments.with(DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE * i | DNNL_ARG_SRC_1, operands[i]);
        }
        arguments.run(workspace);
    }

    /**
     * Applies operations by a number for each channel to an image, then adds another image, then
     * takes the larger of the result and a threshold for each channel.
     *
     * @param shape of the map
     * @param names of the operations
     * @param numbers one array per operation
     * @param x the image
     * @param y receives the result; may be x
     * @param added null for none
     * @param thresholds null for none
     */
    static void applyByChannel(
            Workspace workspace,
            MapShape shape,
            List<String> names,
            List<float[]> numbers,
            memory x,
            memory y,
            memory added,
            float[] thresholds) {
        List<Operation> operations = new ArrayList<>();
        List<memory> operands = new ArrayList<>();
        List<memory> vectors = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            operations.add(vector(names.get(i)));
            vectors.add(vector(numbers.get(i)));
        }
        operands.addAll(vectors);
        if (added != null) {
            operations.add(map("add"));
            operands.add(added);
        }
        if (thresholds != null) {
            operations.add(vector("max"));
            vectors.add(vector(thresholds));
            operands.add(vectors.get(vectors.size() - 1));
        }
        apply(workspace, shape, operations, x, y, operands.toArray(memory[]::new));
        vectors.forEach(memory::close);
    }

    /** {@return the sum of two maps, in new memory} */
    static MapMemory add(Workspace workspace, MapMemory a, MapMemory b) {
        MapMemory sum = new MapMemory(workspace, a.shape);
        for (int n = 0; n < a.shape.images(); n++) {
            apply(workspace, a.shape, List.of(map("add")), a.image(n), sum.image(n), b.image(n));
        }
        return sum;
    }

    /** Adds float32 numbers to others. */
    static void add(Workspace workspace, memory sums, memory terms, long count) {
        MapShape row = new MapShape(1, Math.toIntExact(count), 1, 1, Precision.FLOAT32);
        apply(workspace, row, List.of(map("add")), sums, sums, terms);
    }

    /** {@return a gradient where a map is above its channel's threshold, elsewhere 0} */
    static MapMemory above(
            Workspace workspace, MapMemory map, float[] thresholds, MapMemory gradient) {
        MapMemory passed = new MapMemory(workspace, map.shape);
        try (memory vector = vector(thresholds)) {
            for (int n = 0; n < map.shape.images(); n++) {
                apply(
                        workspace,
                        map.shape,
                        List.of(vector("gt"), map("mul")),
                        map.image(n),
                        passed.image(n),
                        vector,
                        gradient.image(n));
            }
        }
        return passed;
    }

    /** Writes max(x, 0) of an image. */
    static void relu(Workspace workspace, MapShape shape, memory x, memory y) {
        OneDnn.code(new Relu(shape.image()), ElementwiseKernels::relu)
                .kernel
                .with(DNNL_ARG_SRC, x)
                .with(DNNL_ARG_DST, y)
                .run(workspace);
    }

    private static NativeCode.Single relu(Relu relu) {
        memory.desc map = relu.image.layout();
        var plan =
                new eltwise_forward.primitive_desc(
                        OneDnn.cpu(),
                        prop_kind.forward_training,
                        algorithm.eltwise_relu,
                        map,
                        map,
                        RELU_SLOPE,
                        0,
                        OneDnn.newAttributes(),
                        false);
        return new NativeCode.Single(new Kernel(plan, new eltwise_forward(plan)));
    }

    /** For each channel, the sum over an image's places of a * b, and that of b. */
    record Sums(double[] products, double[] sums) {}

    /**
     * {@return the sums over the places of an image} They are those of the weights' gradient of a
     * convolution by one number per channel, in float32 for strips of rows, whose sums are added in
     * float64: in float32 alone the error grows with the map.
     *
     * @param a a map
     * @param b another one of the same shape, or the same
     * @param n which of their images
     */
    static Sums sums(Workspace workspace, MapMemory a, MapMemory b, int n) {
        MapShape shape = a.shape.image();
        int rows = stripRows(shape);
        if (shape.places() <= FilterResponseMaps.FEW_PLACES
                || sumKernel(shape.rows(rows)).kernel.isSlow()) {
            return plainSums(a.values(n), a == b ? null : b.values(n), shape.channels());
        }
        Sums all = new Sums(new double[shape.channels()], new double[shape.channels()]);
        for (int row = 0; row < shape.height(); row += rows) {
            SumKernel code = sumKernel(shape.rows(Math.min(rows, shape.height() - row)));
            try (memory products = workspace.memory(code.products);
                    memory sums = workspace.memory(code.sums);
                    memory first = a.rows(n, row, code.map);
                    memory second = b.rows(n, row, code.map)) {
                code.kernel
                        .with(DNNL_ARG_SRC, first)
                        .with(DNNL_ARG_DIFF_DST, second)
                        .with(DNNL_ARG_DIFF_WEIGHTS, products)
                        .with(DNNL_ARG_DIFF_BIAS, sums)
                        .run(workspace);
                add(products, all.products);
                add(sums, all.sums);
            }
        }
        return all;
    }

    /** Returns how many rows are summed in float32, all strips but the last being as high. */
    private static int stripRows(MapShape shape) {
        int places = Math.min(STRIP_VALUES / shape.channels(), MOST_STRIP_PLACES);
        int strips = Math.min(shape.height(), 1 + (shape.places() - 1) / Math.max(1, places));
        return (shape.height() + strips - 1) / strips;
    }

    private static SumKernel sumKernel(MapShape strip) {
        return OneDnn.code(new ChannelSums(strip), SumKernel::new);
    }

    /** Adds a vector's values to sums. */
    private static void add(memory vector, double[] sums) {
        double[] values = read(vector, sums.length);
        for (int c = 0; c < sums.length; c++) {
            sums[c] += values[c];
        }
    }

    private static final class SumKernel extends NativeCode {
        final Kernel kernel;
        final memory.desc map;
        final memory.desc products;
        final memory.desc sums;

        SumKernel(ChannelSums task) {
            map = keep(task.strip.layout());
            long[] one = {task.strip.channels(), 1, 1, 1, 1};
            long[] none = {0, 0};
            sums =
                    keep(
                            new memory.desc(
                                    new long[] {task.strip.channels()},
                                    memory.data_type.f32,
                                    memory.format_tag.x));
            var forward =
                    new convolution_forward.primitive_desc(
                            OneDnn.cpu(),
                            prop_kind.forward_training,
                            algorithm.convolution_direct,
                            map,
                            new memory.desc(
                                    one, task.strip.precision().type(), memory.format_tag.any),
                            sums,
                            map,
                            new long[] {1, 1},
                            none,
                            none,
                            OneDnn.newAttributes(),
                            false);
            var plan =
                    new convolution_backward_weights.primitive_desc(
                            OneDnn.cpu(),
                            algorithm.convolution_direct,
                            map,
                            new memory.desc(one, memory.data_type.f32, memory.format_tag.any),
                            sums,
                            map,
                            new long[] {1, 1},
                            none,
                            none,
                            forward,
                            OneDnn.newAttributes(),
                            false);
            kernel = keep(new Kernel(plan, new convolution_backward_weights(plan)));
            products = keep(plan.diff_weights_desc());
        }
    }

    /** {@return a copy of a vector} */
    static double[] read(memory vector, int channels) {
        float[] values = new float[channels];
        new FloatPointer(vector.get_data_handle()).get(values);
        double[] result = new double[channels];
        for (int c = 0; c < channels; c++) {
            result[c] = values[c];
        }
        return result;
    }

    /** Computes the sums in float64; b is null where it is a. */
    private static Sums plainSums(float[] a, float[] b, int channels) {
        double[] products = new double[channels];
        double[] sums = new double[channels];
        float[] second = b == null ? a : b;
        for (int start = 0; start < a.length; start += channels) {
            for (int c = 0; c < channels; c++) {
                products[c] += (double) a[start + c] * second[start + c];
                sums[c] += second[start + c];
            }
        }
        return new Sums(products, sums);
    }
}
