package dev.fern.backbone.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WORKSPACE;
import static org.bytedeco.dnnl.global.dnnl.dnnl_resampling_backward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_resampling_forward_primitive_desc_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_success;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.pooling_backward;
import org.bytedeco.dnnl.pooling_forward;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.javacpp.PointerPointer;

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
        MapMemory output = new MapMemory(tape.workspace(), input.shape);
        for (int n = 0; n < input.shape.images(); n++) {
            ElementwiseKernels.relu(tape.workspace(), input.shape, input.image(n), output.image(n));
        }
        return tape.record(
                output,
                List.of(input),
                List.of(),
                gradient ->
                        tape.addGradient(
                                input,
                                ElementwiseKernels.above(
                                        tape.workspace(),
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
                ElementwiseKernels.add(tape.workspace(), first, second),
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
                        tape.workspace(),
                        new MapShape(from.images(), from.channels(), 1, 1, Precision.FLOAT32));
        for (int n = 0; n < from.images(); n++) {
            double[] sums = ElementwiseKernels.sums(tape.workspace(), input, input, n).sums();
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
                    MapMemory terms = new MapMemory(tape.workspace(), from);
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
                        tape.workspace(),
                        new MapShape(
                                from.images(),
                                from.channels(),
                                (from.height() - 1) / stride + 1,
                                (from.width() - 1) / stride + 1,
                                from.precision()));
        for (int n = 0; n < from.images(); n++) {
            output.copyEvery(tape.workspace(), stride, input, n);
        }
        return tape.record(
                output,
                List.of(input),
                List.of(),
                gradient -> {
                    MapMemory terms = new MapMemory(tape.workspace(), from);
                    for (int n = 0; n < from.images(); n++) {
                        gradient.spread(tape.workspace(), stride, terms, n);
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
                        tape.workspace(),
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
            memory chosen = tape.workspace().memory(kernels.workspace);
            places.add(chosen);
            kernels.forward
                    .with(DNNL_ARG_SRC, input.image(n))
                    .with(DNNL_ARG_DST, output.image(n))
                    .with(DNNL_ARG_WORKSPACE, chosen)
                    .run(tape.workspace());
        }
        tape.freeLater(places);
        return tape.record(
                output,
                List.of(input),
                List.of(),
                gradient -> {
                    MapMemory terms = new MapMemory(tape.workspace(), from);
                    Kernel backward = OneDnn.code(task, PoolingKernels::new).backward;
                    for (int n = 0; n < from.images(); n++) {
                        backward.with(DNNL_ARG_DIFF_DST, gradient.image(n))
                                .with(DNNL_ARG_DIFF_SRC, terms.image(n))
                                .with(DNNL_ARG_WORKSPACE, places.get(n))
                                .run(tape.workspace());
                    }
                    tape.addGradient(input, terms);
                });
    }

    /** What the code of an upsampling is made for. */
    private record Upsampling(MapShape coarse, MapShape fine) {}

    private static final class UpsamplingKernels extends NativeCode {
        private static final float[] FACTORS = {2, 2};

        final Kernel forward;
        final Kernel backward;

        UpsamplingKernels(Upsampling task) {
            memory.desc coarse = task.coarse.layout();
            memory.desc fine = task.fine.layout();
            primitive_desc plan =
                    plan(
                            created ->
                                    dnnl_resampling_forward_primitive_desc_create(
                                            created,
                                            OneDnn.cpu().get(),
                                            prop_kind.forward_training.value,
                                            algorithm.resampling_nearest.value,
                                            FACTORS,
                                            coarse.get(),
                                            fine.get(),
                                            OneDnn.newAttributes().get()));
            forward = keep(new Kernel(plan, new primitive(plan)));
            primitive_desc back =
                    plan(
                            created ->
                                    dnnl_resampling_backward_primitive_desc_create(
                                            created,
                                            OneDnn.cpu().get(),
                                            algorithm.resampling_nearest.value,
                                            FACTORS,
                                            coarse.get(),
                                            fine.get(),
                                            plan.get(),
                                            OneDnn.newAttributes().get()));
            backward = keep(new Kernel(back, new primitive(back)));
        }

        /** Makes a plan by oneDNN's C interface: JavaCPP's classes have none for a resampling. */
        private static primitive_desc plan(
                ToIntFunction<PointerPointer<dnnl_primitive_desc>> maker) {
            try (PointerPointer<dnnl_primitive_desc> created = new PointerPointer<>(1)) {
                int status = maker.applyAsInt(created);
                if (status != dnnl_success) {
                    throw new IllegalStateException("oneDNN makes no resampling: " + status);
                }
                return new primitive_desc(created.get(dnnl_primitive_desc.class));
            }
        }
    }

    /**
     * {@return a map plus another one, upsampled by two to the nearest neighbour}
     *
     * @param fine [N, C, H, W]
     * @param coarse a map of the same tape, [N, C, H / 2, W / 2]
     */
    public static NDArray addUpsampled(MapArray fine, MapArray coarse) {
        Tape tape = fine.tape();
        MapMemory near = fine.memory();
        MapMemory above = coarse.memory();
        MapMemory output = new MapMemory(tape.workspace(), near.shape);
        Upsampling task = new Upsampling(above.shape.image(), near.shape.image());
        Kernel forward = OneDnn.code(task, UpsamplingKernels::new).forward;
        for (int n = 0; n < near.shape.images(); n++) {
            forward.with(DNNL_ARG_SRC, above.image(n))
                    .with(DNNL_ARG_DST, output.image(n))
                    .run(tape.workspace());
            ElementwiseKernels.apply( // as a post-operation oneDNN has only slow code for it
                    tape.workspace(),
                    output.shape,
                    List.of(ElementwiseKernels.map("add")),
                    output.image(n),
                    output.image(n),
                    near.image(n));
        }
        return tape.record(
                output,
                List.of(near, above),
                List.of(),
                gradient -> {
                    MapMemory terms = new MapMemory(tape.workspace(), above.shape);
                    Kernel backward = OneDnn.code(task, UpsamplingKernels::new).backward;
                    for (int n = 0; n < above.shape.images(); n++) {
                        backward.with(DNNL_ARG_DIFF_DST, gradient.image(n))
                                .with(DNNL_ARG_DIFF_SRC, terms.image(n))
                                .run(tape.workspace());
                    }
                    tape.addGradient(near, gradient.retain());
                    tape.addGradient(above, terms);
                });
    }
}
