package dev.fern.backbone.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WORKSPACE;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.pooling_backward;
import org.bytedeco.dnnl.pooling_forward;

/** Functions without parameters of a tape's maps. */
public final class MapFunctions {

    private MapFunctions() {}

    /**
     * {@return max(x, 0)}
     *
     * @param x a map
     */
    public static NDArray relu(MapArray x) {
        Tape tape = x.tape();
        MapMemory input = x.memory();
        MapMemory output = new MapMemory(input.shape);
        for (int n = 0; n < input.shape.images(); n++) {
            ElementwiseKernels.relu(tape.stream(), input.shape, input.image(n), output.image(n));
        }
        return tape.record(
                output,
                List.of(input),
                List.of(),
                gradient ->
                        tape.addGradient(
                                input,
                                ElementwiseKernels.above(
                                        tape.stream(),
                                        output,
                                        new float[input.shape.channels()],
                                        gradient)));
    }

    /**
     * {@return a + b}
     *
     * @param a a map
     * @param b a map of the same tape and shape
     */
    public static NDArray add(MapArray a, MapArray b) {
        Tape tape = a.tape();
        MapMemory first = a.memory();
        MapMemory second = b.memory();
        return tape.record(
                ElementwiseKernels.add(tape.stream(), first, second),
                List.of(first, second),
                List.of(),
                gradient -> {
                    tape.addGradient(first, gradient.retain());
                    tape.addGradient(second, gradient.retain());
                });
    }

    /**
     * {@return the mean of each channel over H x W, [N, C, 1, 1], float32}
     *
     * @param x [N, C, H, W]
     */
    public static MapArray mean(MapArray x) {
        Tape tape = x.tape();
        MapMemory input = x.memory();
        MapShape from = input.shape;
        MapMemory output =
                new MapMemory(
                        new MapShape(from.images(), from.channels(), 1, 1, Precision.FLOAT32));
        for (int n = 0; n < from.images(); n++) {
            double[] sums = ElementwiseKernels.sums(tape.stream(), input, input, n).sums();
            float[] means = new float[sums.length];
            for (int c = 0; c < means.length; c++) {
                means[c] = (float) (sums[c] / from.places());
            }
            output.set(n, means);
        }
        return tape.record(
                output,
                List.of(input),
                List.of(),
                gradient -> {
                    MapMemory terms = new MapMemory(from);
                    float[] spread = new float[from.imageSize()];
                    for (int n = 0; n < from.images(); n++) {
                        float[] ofMeans = gradient.values(n);
                        for (int i = 0; i < spread.length; i++) {
                            spread[i] = ofMeans[i % ofMeans.length] / from.places();
                        }
                        terms.set(n, spread);
                    }
                    tape.addGradient(input, terms);
                });
    }

    /**
     * {@return a fully connected layer's outputs, [N, F, 1, 1], float32}
     *
     * @param x [N, C, 1, 1]
     * @param weights [F, C]
     * @param bias [F]
     */
    public static NDArray linear(MapArray x, NDArray weights, NDArray bias) {
        return ConvolutionFunction.apply(x, weights, bias, 1, 0, 1, 1, Precision.FLOAT32);
    }

    /**
     * {@return every place of a map whose row and column are multiples of a stride}
     *
     * @param stride 1 or more
     */
    static MapArray subsample(MapArray x, int stride) {
        Tape tape = x.tape();
        MapMemory input = x.memory();
        MapShape from = input.shape;
        MapMemory output =
                new MapMemory(
                        new MapShape(
                                from.images(),
                                from.channels(),
                                (from.height() - 1) / stride + 1,
                                (from.width() - 1) / stride + 1,
                                from.precision()));
        for (int n = 0; n < from.images(); n++) {
            output.copyEvery(tape.stream(), stride, input, n);
        }
        return tape.record(
                output,
                List.of(input),
                List.of(),
                gradient -> {
                    MapMemory terms = new MapMemory(from);
                    for (int n = 0; n < from.images(); n++) {
                        gradient.spread(tape.stream(), stride, terms, n);
                    }
                    tape.addGradient(input, terms);
                });
    }

    /** What the code of a pooling is made for. */
    private record Pooling(MapShape input, MapShape output) {}

    private static final class PoolingKernels extends NativeCode {
        final Kernel forward;
        final Kernel backward;
        final memory.desc workspace;

        PoolingKernels(Pooling task) {
            long[] strides = {2, 2};
            long[] kernel = {3, 3};
            long[] none = {0, 0};
            long[] padding = {1, 1};
            memory.desc input = task.input.layout();
            memory.desc output = task.output.layout();
            var plan =
                    new pooling_forward.primitive_desc(
                            OneDnn.cpu(),
                            prop_kind.forward_training,
                            algorithm.pooling_max,
                            input,
                            output,
                            strides,
                            kernel,
                            none,
                            padding,
                            padding,
                            OneDnn.newAttributes(),
                            false);
            forward = keep(new Kernel(plan, new pooling_forward(plan)));
            workspace = keep(plan.workspace_desc());
            var back =
                    new pooling_backward.primitive_desc(
                            OneDnn.cpu(),
                            algorithm.pooling_max,
                            input,
                            output,
                            strides,
                            kernel,
                            none,
                            padding,
                            padding,
                            plan,
                            OneDnn.newAttributes(),
                            false);
            backward = keep(new Kernel(back, new pooling_backward(back)));
        }
    }

    /**
     * {@return the maxima of 3x3 windows of stride 2, with padding 1}
     *
     * @param x [N, C, H, W]
     */
    public static NDArray maxPool(MapArray x) {
        Tape tape = x.tape();
        MapMemory input = x.memory();
        MapShape from = input.shape;
        MapMemory output =
                new MapMemory(
                        new MapShape(
                                from.images(),
                                from.channels(),
                                (from.height() + 1) / 2,
                                (from.width() + 1) / 2,
                                from.precision()));
        Pooling task = new Pooling(from.image(), output.shape.image());
        PoolingKernels kernels = OneDnn.code(task, PoolingKernels::new);
        List<memory> places = new ArrayList<>(from.images());
        for (int n = 0; n < from.images(); n++) {
            memory workspace = new memory(kernels.workspace, OneDnn.cpu());
            places.add(workspace);
            kernels.forward
                    .with(DNNL_ARG_SRC, input.image(n))
                    .with(DNNL_ARG_DST, output.image(n))
                    .with(DNNL_ARG_WORKSPACE, workspace)
                    .run(tape.stream());
        }
        tape.freeLater(places);
        return tape.record(
                output,
                List.of(input),
                List.of(),
                gradient -> {
                    MapMemory terms = new MapMemory(from);
                    Kernel backward = OneDnn.code(task, PoolingKernels::new).backward;
                    for (int n = 0; n < from.images(); n++) {
                        backward.with(DNNL_ARG_DIFF_DST, gradient.image(n))
                                .with(DNNL_ARG_DIFF_SRC, terms.image(n))
                                .with(DNNL_ARG_WORKSPACE, places.get(n))
                                .run(tape.stream());
                    }
                    tape.addGradient(input, terms);
                });
    }
}
