package dev.fern.backbone.onednn;

import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.stream;

/** Where a tape computes: a stream of oneDNN's, and memory for maps and scratch. */
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

    /** Gives up the workspace, after all of its memory. */
    @Override
    public void close() {
        stream.close();
        arena.giveBack();
    }
}
