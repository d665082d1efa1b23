package dev.fern.backbone.onednn;

import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.NativeCache;
import dev.fern.backbone.host.NativeCacheException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.javacpp.PointerScope;

/**
 * oneDNN on the CPU, with the code that it has made for the tasks that came last. oneDNN takes as
 * many threads as OpenMP gives the calling thread.
 */
public final class OneDnn {

    /** The most tasks whose code a thread keeps: those of some five canvases. */
    private static final int LARGEST_CACHE = 1024;

    private static final class Holder {
        private static final OneDnn INSTANCE = load();
    }

    private final engine cpu = new engine(engine.kind.cpu, 0);

    private final CodeCache code = new CodeCache(LARGEST_CACHE);

    private OneDnn() {}

    private static OneDnn load() {
        try {
            NativeCache.prepareJavaCpp();
            return new OneDnn();
        } catch (NativeCacheException e) {
            throw e; // a library of another user's is no reason to go on without
        } catch (LinkageError | IOException | RuntimeException e) {
            System.getLogger(OneDnn.class.getName())
                    .log(
                            Level.WARNING,
                            "oneDNN can't be loaded, so that the engine computes convolutions: "
                                    + e);
            return null;
        }
    }

    /**
     * {@return whether the library could be loaded} It is not loaded where {@link
     * EngineBridge#OPERATORS} lets PyTorch compute convolutions on the CPU: with several threads
     * that damages memory, probably since both bring an OpenMP and PyTorch takes the other's.
     *
     * @throws NativeCacheException if there is no private place for it
     */
    public static boolean isAvailable() {
        try {
            return !Boolean.getBoolean(EngineBridge.OPERATORS) && Holder.INSTANCE != null;
        } catch (ExceptionInInitializerError e) {
            if (e.getCause() instanceof NativeCacheException refusal) {
                throw refusal;
            }
            throw e;
        }
    }

    /**
     * {@return whether the processor can multiply in a precision}
     *
     * @param precision of the factors
     */
    public static boolean supports(Precision precision) {
        if (!isAvailable()) {
            return false;
        }
        try {
            code(
                    new ConvolutionShape(1, 1, 1, 1, 1, 1, 0, 1, 1, false, precision, precision),
                    ConvolutionKernels::new);
            return true;
        } catch (RuntimeException e) {
            return false; // oneDNN has no code for it
        }
    }

    /** {@return whether bfloat16 is multiplied by AMX} */
    public static boolean hasAmx() {
        return has(dnnl.cpu_isa.avx512_core_amx);
    }

    /** {@return whether the processor has instructions that multiply bfloat16, AMX or others} */
    public static boolean multipliesBfloat16() {
        return has(dnnl.cpu_isa.avx512_core_bf16);
    }

    private static boolean has(dnnl.cpu_isa instructions) {
        return isAvailable() && dnnl.get_effective_cpu_isa().value >= instructions.value;
    }

    /** {@return the library's version, such as 3.11.0} It must be available. */
    public static String version() {
        dnnl_version_t version = dnnl.version();
        return version.major() + "." + version.minor() + "." + version.patch();
    }

    /**
     * {@return oneDNN's name of the instructions that it makes code of, such as avx512_core_bf16}
     * It must be available.
     */
    public static String instructionSet() {
        return dnnl.get_effective_cpu_isa().intern().toString();
    }

    /** {@return the engine of the processor} */
    static engine cpu() {
        return Holder.INSTANCE.cpu;
    }

    /** {@return attributes of code whose callers bring the memory that it works in} */
    static primitive_attr newAttributes() {
        primitive_attr attributes = new primitive_attr();
        attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
        return attributes;
    }

    /** {@return the same, of code that adds its result to what its output holds} */
    static primitive_attr addingAttributes() {
        primitive_attr attributes = newAttributes();
        try (post_ops sum = new post_ops()) {
            sum.append_sum();
            attributes.set_post_ops(sum);
        }
        return attributes;
    }

    /**
     * {@return the code for a task} It can be used until the calling thread has asked for that of
     * many others.
     *
     * @param <T> what holds the code
     * @param <R> what describes a task
     * @param task the key under which the code is kept
     * @param maker makes the code where it is not there yet
     */
    @SuppressWarnings("unchecked") // a key's class goes with its maker
    static <T extends NativeCode, R extends Record> T code(R task, Function<R, T> maker) {
        return (T) Holder.INSTANCE.code.get(task, key -> make(() -> maker.apply((R) key)));
    }

    /** {@return what a maker makes, while all else that it makes is freed} */
    @SuppressWarnings("try") // a scope frees what is made within it
    static <T> T make(Supplier<T> maker) {
        try (PointerScope scope = new PointerScope()) {
            return maker.get();
        }
    }
}
