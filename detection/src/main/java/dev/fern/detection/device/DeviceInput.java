package dev.fern.detection.device;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.TorchScript;
import dev.fern.backbone.onednn.Precision;
import java.nio.FloatBuffer;

/** Brings images to the device, with channels last. */
final class DeviceInput {

    /** Copies an array to a type and to channels last, PyTorch's format 2. */
    private static final String COPY =
            """
              def forward(self, x: Tensor) -> Tensor:
                return x.to(dtype=%d, copy=True, memory_format=2)
            """;

    private DeviceInput() {}

    /**
     * {@return a network's input}
     *
     * @param manager owns the result
     * @param pixels [N, 3, H, W], from index 0 of the buffer
     * @param shape N, 3, H, W
     * @param precision of the result, and so of the network's maps
     */
    static NDArray of(NDManager manager, FloatBuffer pixels, Shape shape, Precision precision) {
        int size = Math.toIntExact(shape.size());
        try (NDArray uploaded =
                EngineBridge.of(manager)
                        .upload(manager, shape, values -> values.put(0, pixels, 0, size))) {
            return TorchScript.of(COPY.formatted(precision.torchType())).forward(uploaded);
        }
    }
}
