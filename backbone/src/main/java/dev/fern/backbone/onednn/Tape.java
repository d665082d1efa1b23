package dev.fern.backbone.onednn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.OpenMp;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.bytedeco.dnnl.memory;

/**
 * One pass through a network on the CPU. Maps lie in memory as [N, H, W, C], in float32 or
 * bfloat16, and oneDNN computes on them image by image, so that an image's values do not depend on
 * its batch. The functions are recorded, and {@link #backward} goes back through them.
 *
 * <p>{@link #enter} makes a map of an image batch. A network's blocks take it for an NDArray and
 * return maps. The tape and its maps belong to one thread.
 */
public final class Tape implements AutoCloseable {

    private final NDManager manager;
    private final Precision precision;
    private final ParameterGradients gradients;
    private final Workspace workspace = new Workspace();
    private final Deque<Step> steps = new ArrayDeque<>();
    private final PackedWeights.Snapshot weights;
    private final WeightGradientSums weightGradients;

    /** The maps whose gradients are asked for. */
    private final List<MapMemory> wanted = new ArrayList<>();

    /** What functions keep for their backward pass, besides maps. */
    private final List<memory> scratch = new ArrayList<>();

    /** What computes the gradients of a function's inputs. */
    @FunctionalInterface
    interface Backward {
        /**
         * Computes the gradients and gives them to {@link Tape#addGradient}.
         *
         * @param outputGradient the gradient of the function's result, which stays the caller's
         */
        void run(MapMemory outputGradient);
    }

    /** A function that was applied, with a hold on its inputs and its output. */
    private record Step(MapMemory output, List<MapMemory> inputs, Backward backward) {

        void release() {
            output.release();
            inputs.forEach(MapMemory::release);
        }
    }

    private Tape(
            NDManager owner,
            Precision precision,
            ParameterGradients gradients,
            PackedWeights.Snapshot weights) {
        this.weights = weights;
        manager = owner.newSubManager();
        this.precision = precision;
        this.gradients = gradients;
        weightGradients = new WeightGradientSums(gradients);
        OpenMp.followWorker();
    }

    /**
     * {@return whether a network whose arrays a manager owns can be run by tapes} It can on the
     * CPU, where oneDNN's library can be loaded.
     *
     * @param manager of the network's arrays
     */
    public static boolean supports(NDManager manager) {
        return !manager.getDevice().isGpu()
                && EngineBridge.of(manager).lends()
                && OneDnn.isAvailable();
    }

    /**
     * {@return a tape that records nothing}
     *
     * @param manager of the network's arrays, one that is {@linkplain #supports supported}
     * @param precision of the maps
     * @param weights keeps what oneDNN needs of the network's weights
     */
    public static Tape inference(NDManager manager, Precision precision, PackedWeights weights) {
        return new Tape(manager, precision, null, weights.open());
    }

    /**
     * {@return a tape that records}
     *
     * @param manager of the network's arrays, one that is {@linkplain #supports supported}
     * @param precision of the maps and of their gradients
     * @param weights keeps what oneDNN needs of the network's weights
     * @param gradients receives those of the parameters
     */
    public static Tape recording(
            NDManager manager,
            Precision precision,
            PackedWeights weights,
            ParameterGradients gradients) {
        return new Tape(manager, precision, gradients, weights.open());
    }

    /**
     * {@return a map of images, to be given to a network}
     *
     * @param pixels [N, C, H, W], direct, from the buffer's position on
     * @param shape N, C, H, W
     */
    public NDArray enter(FloatBuffer pixels, Shape shape) {
        MapMemory memory = new MapMemory(workspace, MapShape.of(shape, precision));
        memory.fill(workspace, pixels);
        return array(memory);
    }

    /**
     * {@return a map whose gradient {@link #gradientOf} gives after the backward pass}
     *
     * @param pixels [N, C, H, W], direct, from the buffer's position on
     * @param shape N, C, H, W
     */
    public NDArray enterWanted(FloatBuffer pixels, Shape shape) {
        MapArray map = (MapArray) enter(pixels, shape);
        map.memory().wantsGradient = true;
        wanted.add(map.memory().retain());
        return map;
    }

    /**
     * {@return the gradient of the loss with respect to a map, [N, C, H, W]}
     *
     * @param map one that {@link #enterWanted} has returned, and on which an output depends
     */
    public float[] gradientOf(NDArray map) {
        MapMemory gradient = ((MapArray) map).memory().gradient;
        try (MapArray array = array(gradient.retain())) {
            return EngineBridge.of(array).copy(array);
        }
    }

    /** {@return a copy of a map's values, [N, H, W, C]} */
    float[] channelsLast(MapArray map) {
        MapMemory memory = map.memory();
        if (memory.shape.images() == 1) {
            return memory.values(0);
        }
        int size = memory.shape.imageSize();
        float[] values = new float[memory.shape.images() * size];
        for (int n = 0; n < memory.shape.images(); n++) {
            System.arraycopy(memory.values(n), 0, values, n * size, size);
        }
        return values;
    }

    void read(MapArray map, FloatBuffer target) {
        map.memory().read(workspace, target);
    }

    /**
     * Runs the backward pass, which adds to the gradients of the parameters. It can be run once.
     *
     * @param outputs maps that this tape has recorded
     * @param values the gradient of the loss with respect to each, [N, H, W, C]
     */
    public void backward(NDList outputs, List<float[]> values) {
        for (int i = 0; i < outputs.size(); i++) {
            MapMemory output = ((MapArray) outputs.get(i)).memory();
            MapMemory gradient = new MapMemory(workspace, output.shape.in(precision));
            int size = output.shape.imageSize();
            for (int n = 0; n < output.shape.images(); n++) {
                gradient.set(n, Arrays.copyOfRange(values.get(i), n * size, (n + 1) * size));
            }
            addGradient(output, gradient);
        }
        while (!steps.isEmpty()) {
            Step step = steps.pop();
            MapMemory gradient = step.output.gradient;
            step.output.gradient = null;
            if (gradient != null) {
                step.backward.run(gradient);
                gradient.release();
            }
            step.release();
        }
        weightGradients.finish();
    }

    Precision precision() {
        return precision;
    }

    Workspace workspace() {
        return workspace;
    }

    ParameterGradients gradients() {
        return gradients;
    }

    WeightGradientSums weightGradients() {
        return weightGradients;
    }

    /** {@return an array of memory whose only hold it takes over} */
    MapArray array(MapMemory memory) {
        return new MapArray(this, manager, memory);
    }

    /** {@return whether the gradient of a parameter is wanted} */
    boolean trains(NDArray parameter) {
        return gradients != null && gradients.wants(parameter);
    }

    /**
     * Records a function, if this tape records and the function's inputs or parameters want a
     * gradient.
     *
     * @param output its result
     * @param maps its inputs
     * @param parameters the arrays of the engine that it reads
     * @param backward computes the gradients
     * @return an array of the output
     */
    MapArray record(
            MapMemory output, List<MapMemory> maps, List<NDArray> parameters, Backward backward) {
        output.wantsGradient =
                maps.stream().anyMatch(map -> map.wantsGradient)
                        || parameters.stream().anyMatch(this::trains);
        if (output.wantsGradient) {
            maps.forEach(MapMemory::retain);
            steps.push(new Step(output.retain(), maps, backward));
        }
        return array(output);
    }

    /** Adds to the gradient of a map; takes over the hold on the terms. */
    void addGradient(MapMemory map, MapMemory terms) {
        if (!map.wantsGradient) {
            terms.release();
        } else if (map.gradient == null) {
            map.gradient = terms;
        } else {
            MapMemory sum = ElementwiseKernels.add(workspace, map.gradient, terms);
            map.gradient.release();
            terms.release();
            map.gradient = sum;
        }
    }

    /**
     * {@return weights in a layout that oneDNN wants, which this tape keeps}
     *
     * @param parameter float32, an array of the engine
     * @param plain its layout
     * @param wanted the layout of the result
     * @param packing writes it
     */
    memory packed(NDArray parameter, memory.desc plain, memory.desc wanted, Kernel packing) {
        return packed(
                parameter,
                plain,
                wanted,
                (PackedWeights.Packing) (values, packed) -> workspace.run(packing, values, packed));
    }

    /**
     * {@return weights that are not only laid out anew, which this tape keeps}
     *
     * @param parameter float32, an array of the engine
     * @param plain its layout
     * @param wanted the layout of the result, no other packing's of the same array
     * @param packing makes the result
     */
    memory packed(
            NDArray parameter,
            memory.desc plain,
            memory.desc wanted,
            PackedWeights.Packing packing) {
        return weights.get(parameter, plain, wanted, packing);
    }

    /** Frees memory when the tape is closed. */
    void freeLater(List<memory> memories) {
        scratch.addAll(memories);
    }

    @Override
    public void close() {
        scratch.forEach(memory::close);
        for (MapMemory map : wanted) {
            if (map.gradient != null) {
                map.gradient.release();
            }
            map.release();
        }
        steps.forEach(
                step -> {
                    if (step.output.gradient != null) {
                        step.output.gradient.release();
                    }
                    step.release();
                });
        steps.clear();
        weightGradients.close();
        weights.release();
        manager.close();
        workspace.close();
    }
}
