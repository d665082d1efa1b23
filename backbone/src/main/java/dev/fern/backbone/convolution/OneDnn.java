package dev.fern.backbone.convolution;

import dev.fern.backbone.host.NativeCache;
import dev.fern.backbone.host.NativeCacheException;
import dev.fern.backbone.loop.WorkerThread;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;

/**
 * oneDNN on the CPU, with the code that it has made for the shapes that were used last. oneDNN
 * takes as many threads as OpenMP gives the calling thread.
 */
final class OneDnn {

    /** The most shapes whose code is kept: those of a few canvases. */
    private static final int LARGEST_CACHE = 256;

    private static final class Holder {
        private static final OneDnn INSTANCE = load();
    }

    private final engine cpu = new engine(engine.kind.cpu, 0);

    /**
     * What code is made for: oneDNN divides the work when it makes the code, which must then run
     * with as many threads.
     *
     * @param shape of the convolution
     * @param threads of the worker that calls; 0 for OpenMP's own number, on all other threads
     */
    private record Key(ConvolutionShape shape, int threads) {}

    private final Map<Key, ConvolutionKernel> kernels =
            new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(Map.Entry<Key, ConvolutionKernel> eldest) {
                    return size() > LARGEST_CACHE;
                }
            };

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
     * {@return whether the library could be loaded}
     *
     * @throws NativeCacheException if there is no private place for it
     */
    static boolean isAvailable() {
        try {
            return Holder.INSTANCE != null;
        } catch (ExceptionInInitializerError e) {
            if (e.getCause() instanceof NativeCacheException refusal) {
                throw refusal;
            }
            throw e;
        }
    }

    /** {@return whether the processor can multiply in a precision} */
    static boolean supports(Precision precision) {
        if (!isAvailable()) {
            return false;
        }
        try {
            kernel(new ConvolutionShape(1, 1, 1, 1, 1, 1, 0, false, precision));
            return true;
        } catch (RuntimeException e) {
            return false; // oneDNN has no code for it
        }
    }

    /** {@return whether bfloat16 is multiplied by AMX} */
    static boolean hasAmx() {
        return isAvailable()
                && dnnl.get_effective_cpu_isa().value >= dnnl.cpu_isa.avx512_core_amx.value;
    }

    /** {@return the code of a shape, for the calling thread} */
    static ConvolutionKernel kernel(ConvolutionShape shape) {
        OneDnn library = Holder.INSTANCE;
        int threads = Thread.currentThread() instanceof WorkerThread worker ? worker.cores() : 0;
        synchronized (library.kernels) {
            return library.kernels.computeIfAbsent(
                    new Key(shape, threads), missing -> new ConvolutionKernel(shape, library.cpu));
        }
    }
}
