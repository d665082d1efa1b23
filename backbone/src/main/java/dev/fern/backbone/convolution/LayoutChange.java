package dev.fern.backbone.convolution;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;

import java.nio.FloatBuffer;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;

/**
 * A change of layout and type, on the way in or out. It is nothing where both sides are the same.
 */
final class LayoutChange {

    private final engine cpu;
    private final memory.desc from;
    private final memory.desc to;

    /** Null where there is nothing to change. */
    private final reorder reorder;

    private final memory.desc scratch;

    LayoutChange(engine cpu, primitive_attr attributes, memory.desc from, memory.desc to) {
        this.cpu = cpu;
        this.from = from;
        this.to = to;
        if (from.equals(to)) {
            reorder = null;
            scratch = null;
        } else {
            var plan = new reorder.primitive_desc(cpu, from, cpu, to, attributes, false);
            reorder = new reorder(plan);
            scratch = plan.scratchpad_desc();
        }
    }

    /** {@return memory of the target layout with the values of a lent array} */
    memory in(stream stream, FloatBuffer values) {
        memory lent = new memory(from, cpu, new FloatPointer(values));
        if (reorder == null) {
            return lent;
        }
        memory changed = new memory(to, cpu);
        run(stream, lent, changed);
        return changed;
    }

    /** {@return memory for a result, which {@link #out} brings into the lent array} */
    memory result(FloatBuffer values) {
        return reorder == null
                ? new memory(from, cpu, new FloatPointer(values))
                : new memory(from, cpu);
    }

    /** Brings a result into the lent array that {@link #result} was asked for. */
    void out(stream stream, memory result, FloatBuffer values) {
        if (reorder != null) {
            run(stream, result, new memory(to, cpu, new FloatPointer(values)));
        }
    }

    private void run(stream stream, memory source, memory target) {
        reorder.execute(
                stream,
                new IntMemoryMap()
                        .put(DNNL_ARG_FROM, source)
                        .put(DNNL_ARG_TO, target)
                        .put(DNNL_ARG_SCRATCHPAD, new memory(scratch, cpu)));
    }
}
