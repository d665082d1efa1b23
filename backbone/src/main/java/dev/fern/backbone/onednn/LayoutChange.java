package dev.fern.backbone.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_FROM;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_TO;

import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.reorder;

/** Changes of layout and type. oneDNN keeps their code itself. */
final class LayoutChange {

    private LayoutChange() {}

    /** Writes values in another layout or type. */
    static void copy(
            Workspace workspace, memory.desc from, memory source, memory.desc to, memory target) {
        run(workspace, from, source, to, target, OneDnn.newAttributes());
    }

    /** Adds values to those of another layout or type. */
    static void add(
            Workspace workspace, memory.desc from, memory source, memory.desc to, memory target) {
        primitive_attr attributes = OneDnn.newAttributes();
        post_ops sum = new post_ops();
        sum.append_sum();
        attributes.set_post_ops(sum);
        sum.close();
        run(workspace, from, source, to, target, attributes);
    }

    private static void run(
            Workspace workspace,
            memory.desc from,
            memory source,
            memory.desc to,
            memory target,
            primitive_attr attributes) {
        try (attributes;
                var plan =
                        new reorder.primitive_desc(
                                OneDnn.cpu(), from, OneDnn.cpu(), to, attributes, false);
                reorder code = new reorder(plan)) {
            new Kernel(plan, code)
                    .with(DNNL_ARG_FROM, source)
                    .with(DNNL_ARG_TO, target)
                    .run(workspace);
        }
    }
}
