package dev.fern.backbone.convolution;

import dev.fern.backbone.host.NativeCache;
import java.io.IOException;
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
    private static final int LARGEST_CACHE = 512;

    private static final class Holder {
        private static final OneDnn INSTANCE = load();
    }

    private final engine cpu = new engine(engine.kind.cpu, 0);

    private final Map<ConvolutionShape, ConvolutionKernel> kernels =
            new LinkedHashMap<>(16, 0.75f, true) {
                @Override
                protected boolean removeEldestEntry(
                        Map.Entry<ConvolutionShape, ConvolutionKernel> eldest) {
                    return size() > LARGEST_CACHE;
                }
            };

    private OneDnn() {}

    private static OneDnn load() {
        try {
            NativeCache.prepareJavaCpp();
            return new OneDnn();
        } catch (LinkageError | IOException e) {
            return null; // no library for this platform: the engine's convolutions remain
        }
    }

    /** {@return whether the library could be loaded} */
    static boolean isAvailable() {
        return Holder.INSTANCE != null;
    }

    /** {@return whether bfloat16 is multiplied by AMX} */
    static boolean hasAmx() {
        return isAvailable()
                && dnnl.get_effective_cpu_isa().value >= dnnl.cpu_isa.avx512_core_amx.value;
    }

    /** {@return the code of a shape} */
    static ConvolutionKernel kernel(ConvolutionShape shape) {
        OneDnn library = Holder.INSTANCE;
        synchronized (library.kernels) {
            return library.kernels.computeIfAbsent(
                    shape, missing -> new ConvolutionKernel(missing, library.cpu));
        }
    }
}
