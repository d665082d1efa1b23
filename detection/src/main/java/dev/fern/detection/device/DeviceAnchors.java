package dev.fern.detection.device;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.detection.anchor.Anchors;
import java.util.ArrayDeque;
import java.util.Deque;

/** The boxes of the anchors that were used last, on the device. For one thread at a time. */
final class DeviceAnchors {

    /** A training at several scales uses few canvases by turns. */
    private static final int KEPT = 16;

    private record Entry(Anchors anchors, NDArray boxes) {}

    private final NDManager manager;
    private final Deque<Entry> entries = new ArrayDeque<>();

    /**
     * Starts without anchors.
     *
     * @param manager owns the boxes
     */
    DeviceAnchors(NDManager manager) {
        this.manager = manager;
    }

    /** {@return x1, y1, x2, y2 of each anchor, [A, 4]; stays open until others push it out} */
    NDArray boxes(Anchors anchors) {
        for (Entry entry : entries) {
            if (entry.anchors == anchors) {
                return entry.boxes;
            }
        }
        if (entries.size() == KEPT) {
            entries.removeFirst().boxes.close();
        }
        NDArray boxes =
                EngineBridge.of(manager)
                        .create(manager, anchors.boxes(), new Shape(anchors.count(), 4));
        entries.add(new Entry(anchors, boxes));
        return boxes;
    }
}
