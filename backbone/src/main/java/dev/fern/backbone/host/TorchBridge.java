package dev.fern.backbone.host;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * The bridge to PyTorch: arrays lend their memory, and a tape of Fern's own holds host functions.
 */
final class TorchBridge implements EngineBridge {

    /** DJL's name of the engine. */
    static final String ENGINE = "PyTorch";

    static final TorchBridge INSTANCE = new TorchBridge(true);

    /** Treats the CPU as a GPU. */
    private static final TorchBridge BY_OPERATORS = new TorchBridge(false);

    /** Name of the managers under which {@link #BY_OPERATORS} is the bridge. */
    private static final String OPERATORS_NAME = "by operators";

    private final boolean lends;

    private TorchBridge(boolean lends) {
        this.lends = lends;
    }

    /** {@return the bridge to a manager's arrays} */
    static TorchBridge of(NDManager manager) {
        for (NDManager each = manager; each != null; each = each.getParentManager()) {
            if (OPERATORS_NAME.equals(each.getName())) {
                return BY_OPERATORS;
            }
        }
        return INSTANCE;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if the user has named a libtorch that can't be loaded
     */
    @Override
    public NDManager newManager(Device device) {
        LibTorch.showCuda();
        LibTorch.prepare();
        NDManager manager = EngineBridge.super.newManager(device);
        if (Boolean.getBoolean(OPERATORS)) {
            manager.setName(OPERATORS_NAME);
        }
        return manager;
    }

    @Override
    public boolean runsScripts(Device device) {
        return !lends || device.isGpu();
    }

    @Override
    public String engine() {
        return ENGINE;
    }

    @Override
    public boolean roundsByBatch(Device device) {
        return lends && !device.isGpu();
    }

    @Override
    public boolean lendsMemory(NDArray array) {
        return lends && EngineBridge.fitsBuffer(array);
    }

    @Override
    public FloatBuffer floats(NDArray array) {
        return array.size() == 0
                ? FloatBuffer.allocate(0)
                : array.toByteBuffer(true).asFloatBuffer();
    }

    @Override
    public NDArray share(NDArray array, NDManager manager) {
        NDArray shared = array.stopGradient();
        shared.attach(manager);
        return shared;
    }

    /**
     * While DJL's own collector records, nothing is supported: it would lose the gradients of what
     * host functions depend on.
     */
    @Override
    public boolean supports(NDArray array) {
        return lendsMemory(array) && Tape.isReady();
    }

    @Override
    public void record(HostFunction function, List<NDArray> inputs, NDArray output) {
        Tape.record(function, inputs, output);
    }

    @Override
    public GradientCollector newGradientCollector(NDManager manager) {
        return new Tape(manager);
    }

    @Override
    public void recordNothing() {
        JniUtils.setGradMode(false);
    }

    @Override
    public boolean lends() {
        return lends;
    }

    @Override
    public float[] copy(NDArray array) {
        if (!array.getDevice().isGpu()) {
            return EngineBridge.super.copy(array);
        }
        Transfers.addToHost();
        try (NDManager cpu = array.getManager().newSubManager(Device.cpu())) {
            return INSTANCE.copy(TorchMemory.move(array, cpu));
        }
    }

    @Override
    public NDArray upload(NDManager manager, Shape shape, Consumer<FloatBuffer> writer) {
        Transfers.addToDevice();
        Device device = manager.getDevice();
        return device.isGpu()
                ? TorchMemory.stage(manager, shape, writer, true)
                : INSTANCE.create(manager, shape, writer);
    }

    /**
     * {@inheritDoc} DJL's own {@code set} makes an array of other memory, a direct buffer that only
     * the garbage collector frees.
     */
    @Override
    public void set(NDArray array, FloatBuffer values) {
        if (lends || array.getDevice().isGpu()) {
            EngineBridge.super.set(array, values);
        } else {
            Transfers.addToDevice();
            INSTANCE.set(array, values);
        }
    }

    @Override
    public FloatBuffer gradient(NDArray array) {
        PtNDArray torch = (PtNDArray) array;
        try (NDArray present = JniUtils.getGradient(torch)) {
            if (present == null) {
                try (NDArray zeros = array.zerosLike()) {
                    JniUtils.backward(torch, (PtNDArray) zeros, false, false);
                }
            }
        }
        try (NDArray gradient = JniUtils.getGradient(torch)) {
            return floats(gradient); // the array keeps the memory
        }
    }

    @Override
    public boolean addsToGradients() {
        return true;
    }

    @Override
    public void clearGradient(NDArray array) {
        PtNDArray torch = (PtNDArray) array;
        try (NDArray gradient = JniUtils.getGradient(torch)) {
            if (gradient != null) {
                JniUtils.zeroGrad(torch);
            }
        }
    }

    /**
     * Records {@link HostFunction}s on PyTorch, to whose own tape DJL gives no access. A function's
     * result is a leaf, where PyTorch's graph ends. The backward pass goes through one piece of
     * graph after the other, the last one first, and calls the functions between them. So no other
     * collector's backward pass reaches beyond a recorded function.
     */
    static final class Tape implements GradientCollector {

        private static final ThreadLocal<Tape> CURRENT = new ThreadLocal<>();

        private final boolean recordedBefore = JniUtils.isGradMode();
        private final NDManager manager;
        private final Deque<Application> applications = new ArrayDeque<>();

        /** One application of a function, with handles of its arrays that the tape owns. */
        private record Application(
                HostFunction function, List<PtNDArray> inputs, boolean[] wanted, PtNDArray output) {

            void close() {
                inputs.forEach(PtNDArray::close);
                output.close();
            }
        }

        /**
         * Starts to record on the current thread.
         *
         * @param owner when it is closed, so is what the tape still holds
         * @throws IllegalStateException if this thread records already
         */
        Tape(NDManager owner) {
            if (CURRENT.get() != null) {
                throw new IllegalStateException("this thread records gradients already");
            }
            manager = owner.newSubManager();
            CURRENT.set(this);
            JniUtils.setGradMode(true);
        }

        /**
         * {@return whether this thread has an open tape or records nothing, so that a host function
         * may run on it}
         */
        static boolean isReady() {
            return CURRENT.get() != null || !JniUtils.isGradMode();
        }

        /** Records an application, if this thread records and an input needs a gradient. */
        static void record(HostFunction function, List<NDArray> inputs, NDArray output) {
            Tape tape = CURRENT.get();
            if (tape == null) {
                return;
            }
            boolean[] wanted = new boolean[inputs.size()];
            boolean any = false;
            for (int i = 0; i < wanted.length; i++) {
                wanted[i] = isWanted(inputs.get(i));
                any |= wanted[i];
            }
            if (any) {
                output.setRequiresGradient(true);
                List<PtNDArray> kept = new ArrayList<>(wanted.length);
                for (int i = 0; i < wanted.length; i++) {
                    kept.add(tape.keep(inputs.get(i), wanted[i]));
                }
                tape.applications.push(
                        new Application(function, kept, wanted, tape.keep(output, true)));
            }
        }

        /** {@return whether an array requires a gradient or was computed from one that does} */
        private static boolean isWanted(NDArray array) {
            PtNDArray torch = (PtNDArray) array;
            if (JniUtils.requiresGrad(torch)) {
                return true;
            }
            try {
                JniUtils.attachGradient(torch, false); // PyTorch refuses this unless it is a leaf
                return false;
            } catch (EngineException e) {
                return true;
            }
        }

        /**
         * {@return an array of the tape's own: with history another handle of the same array,
         * without history a copy} It takes the copy because the memory of an array that was made of
         * Java's values goes with its first handle.
         */
        private PtNDArray keep(NDArray array, boolean withHistory) {
            PtNDArray kept =
                    withHistory
                            ? JniUtils.to((PtNDArray) array, array.getDataType(), array.getDevice())
                            : JniUtils.clone((PtNDArray) array);
            kept.attach(manager);
            return kept;
        }

        /** {@return the number of applications that wait for the backward pass} */
        int size() {
            return applications.size();
        }

        @Override
        public void backward(NDArray target) {
            backward(target, target.getManager().ones(target.getShape(), target.getDataType()));
        }

        /**
         * Runs the backward pass. Its gradients are added to those that arrays have.
         *
         * @param target an array that was computed under this collector
         * @param gradient of the loss with respect to the target, of its shape
         * @throws EngineException if a host function failed, with what it threw as its cause
         */
        void backward(NDArray target, NDArray gradient) {
            // The graph is kept, since several functions may share a piece of it; it goes with its
            // arrays.
            JniUtils.backward((PtNDArray) target, (PtNDArray) gradient, true, false);
            while (!applications.isEmpty()) {
                Application application = applications.pop();
                try {
                    backward(application);
                } finally {
                    application.close();
                }
            }
        }

        private void backward(Application application) {
            PtNDArray outputGradient = JniUtils.getGradient(application.output);
            if (outputGradient == null) {
                return; // the target does not depend on it
            }
            List<PtNDArray> inputs = application.inputs;
            List<FloatBuffer> values = new ArrayList<>(inputs.size());
            List<NDArray> gradients = new ArrayList<>(inputs.size());
            List<FloatBuffer> filled = new ArrayList<>(inputs.size());
            try (outputGradient;
                    NDManager scope = manager.newSubManager()) {
                for (PtNDArray input : inputs) {
                    values.add(INSTANCE.floats(input));
                    NDArray gradient = scope.create(input.getShape(), DataType.FLOAT32);
                    gradients.add(gradient);
                    filled.add(INSTANCE.floats(gradient));
                }
                call(application, values, INSTANCE.floats(outputGradient), filled);
                for (int i = 0; i < inputs.size(); i++) {
                    if (application.wanted[i]) {
                        JniUtils.backward(inputs.get(i), (PtNDArray) gradients.get(i), true, false);
                    }
                }
            }
        }

        private static void call(
                Application application,
                List<FloatBuffer> values,
                FloatBuffer outputGradient,
                List<FloatBuffer> gradients) {
            try {
                application.function.backward(
                        values, INSTANCE.floats(application.output), outputGradient, gradients);
            } catch (RuntimeException e) {
                throw new EngineException("a host function failed in the backward pass: " + e, e);
            }
        }

        @Override
        public void zeroGradients() {
            throw new UnsupportedOperationException("clear the gradients of the arrays themselves");
        }

        @Override
        public void close() {
            CURRENT.remove();
            JniUtils.setGradMode(recordedBefore);
            manager.close();
        }
    }
}
