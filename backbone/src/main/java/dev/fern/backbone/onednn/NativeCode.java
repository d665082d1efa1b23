package dev.fern.backbone.onednn;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;

/**
 * The owner of what oneDNN has made for a task. It is made within a {@link
 * org.bytedeco.javacpp.PointerScope}, which frees all that is not {@linkplain #keep kept}.
 */
abstract class NativeCode implements AutoCloseable {

    /** The code of one kernel alone. */
    static final class Single extends NativeCode {
        final Kernel kernel;

        Single(Kernel kernel) {
            this.kernel = keep(kernel);
        }
    }

    /** How many threads hold this; a matter of {@link CodeCache}. */
    int holders;

    private final List<Pointer> kept = new ArrayList<>();

    /** {@return the same pointer, which lives on until this is closed} */
    final <T extends Pointer> T keep(T pointer) {
        pointer.retainReference();
        kept.add(pointer);
        return pointer;
    }

    /** {@return code that lives on until this is closed} */
    final Kernel keep(Kernel kernel) {
        kernel.pointers().forEach(this::keep);
        return kernel;
    }

    @Override
    public final void close() {
        kept.forEach(Pointer::releaseReference);
        kept.clear();
    }
}
