package dev.fern.backbone.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.javacpp.Pointer;

/** Code that oneDNN has made. */
final class Kernel {

    private final primitive code;
    private final memory.desc scratch;
    private final String implementation;

    /**
     * Takes over what oneDNN has made.
     *
     * @param plan made with {@link OneDnn#newAttributes}, so that callers bring the memory that
     *     oneDNN works in. Its own belongs to the thread that made the code.
     * @param code of the plan
     */
    Kernel(primitive_desc_base plan, primitive code) {
        this.code = code;
        scratch = plan.scratchpad_desc();
        implementation = plan.impl_info_str().getString();
    }

    /** {@return what the code consists of} */
    List<Pointer> pointers() {
        return List.of(code, scratch);
    }

    /** {@return whether oneDNN has only plain, slow code for this} */
    boolean isSlow() {
        return implementation.startsWith("ref");
    }

    /** Starts a list of arguments, which {@link Arguments#run} ends. */
    Arguments with(int name, memory value) {
        return new Arguments().with(name, value);
    }

    /** The arguments of one run. */
    final class Arguments {
        private final IntMemoryMap values = new IntMemoryMap();
        private final List<Pointer> lent = new ArrayList<>(1);

        /** Adds an argument, which stays the caller's. */
        Arguments with(int name, memory value) {
            values.put(name, value);
            return this;
        }

        /** Adds an argument that is freed after the run. */
        Arguments withLent(int name, memory value) {
            lent.add(value);
            return with(name, value);
        }

        /** Runs the code, waits for its end, and frees what was lent. */
        void run(Workspace workspace) {
            if (scratch.get_size() > 0) {
                withLent(DNNL_ARG_SCRATCHPAD, workspace.memory(scratch));
            }
            code.execute(workspace.stream(), values);
            workspace.stream()._wait();
            lent.forEach(Pointer::close);
            values.close();
        }
    }
}
