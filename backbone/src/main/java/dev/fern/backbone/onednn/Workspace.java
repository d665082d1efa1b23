package dev.fern.backbone.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;

import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.Pointer;

/**
 * Where a tape computes: a stream of oneDNN's, and memory for maps and scratch. It changes layouts
 * and types; oneDNN keeps the code for that itself.
 */
final class Workspace implements AutoCloseable {

    private final stream stream = new stream(OneDnn.cpu());
    private final MemoryArena arena = MemoryArena.take();

    stream stream() {
        return stream;
    }

    /** {@return memory of a layout, whose values are anything} Its {@code close} frees it. */
    memory memory(memory.desc layout) {
        return arena.memory(layout);
    }

    /** Makes all values zero. */
    static void clear(memory values) {
        try (memory.desc layout = values.get_desc()) {
            Pointer.memset(values.get_data_handle(), 0, layout.get_size());
        }
    }

    /** {@return code that writes values in another layout or type} */
    static Kernel copying(memory.desc from, memory.desc to) {
        return reordering(from, to, OneDnn.newAttributes());
    }

    /** {@return code that adds values to those of another layout or type} */
    static Kernel adding(memory.desc from, memory.desc to) {
        return reordering(from, to, OneDnn.addingAttributes());
    }

    private static Kernel reordering(memory.desc from, memory.desc to, primitive_attr attributes) {
        var plan =
                new reorder.primitive_desc(OneDnn.cpu(), from, OneDnn.cpu(), to, attributes, false);
        return new Kernel(plan, new reorder(plan));
    }

    /** Writes values in another layout or type. */
    void copy(memory.desc from, memory source, memory.desc to, memory target) {
        try (NativeCode.Single code = OneDnn.make(() -> new NativeCode.Single(copying(from, to)))) {
            run(code.kernel, source, target);
        }
    }

    /** Runs code that {@link #copying} or {@link #adding} has made. */
    void run(Kernel reordering, memory source, memory target) {
        reordering.with(DNNL_ARG_FROM, source).with(DNNL_ARG_TO, target).run(this);
    }

    /** Gives up the workspace, after all of its memory. */
    @Override
    public void close() {
        stream.close();
        arena.giveBack();
    }
}
