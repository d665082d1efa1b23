package dev.fern.detection.device;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.TorchScript;
import dev.fern.backbone.onednn.Precision;
import dev.fern.detection.image.PixelBuffers;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/** Brings images to the device, with channels last, through memory that is used again. */
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
        ByteBuffer bytes = PixelBuffers.take(Math.multiplyExact(size, Float.BYTES));
        try {
            bytes.asFloatBuffer().put(pixels.slice(0, size));
            try (NDArray uploaded =
                    EngineBridge.of(manager).upload(manager, bytes, shape, DataType.FLOAT32)) {
                return TorchScript.of(COPY.formatted(precision.torchType())).forward(uploaded);
            }
        } finally {
            PixelBuffers.giveBack(bytes);
        }
    }
}
