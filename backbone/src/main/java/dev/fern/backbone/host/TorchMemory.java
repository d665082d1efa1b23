package dev.fern.backbone.host;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.function.Consumer;

/**
 * Copies of values between the host and PyTorch's devices. What DJL itself moves to another device
 * belongs to a manager that it makes under the array's own, and that lives as long; here the
 * receiver's manager owns it.
 */
public final class TorchMemory {

    /** Memory for float32 values, PyTorch's type 6. */
    private static final String HOST =
            """
              def host(self, size: int) -> Tensor:
                return torch.empty([size], dtype=6, layout=None, device=torch.device("cpu"), pin_memory=%s)
            """;

    /** The device is written into the source, since a function can't be given one. */
    private static final String MOVE =
            """
              def move(self, x: Tensor) -> Tensor:
                return x.to(device=torch.device("%s"), non_blocking=%s)
            """;

    private TorchMemory() {}

    /**
     * {@return an array's values on the device of a manager, which owns the result} On the same
     * device it may share the array's memory.
     *
     * @param array of PyTorch
     * @param owner owns the result
     */
    public static NDArray move(NDArray array, NDManager owner) {
        return move(array, owner, false);
    }

    private static NDArray move(NDArray array, NDManager owner, boolean goesOn) {
        Device device = owner.getDevice();
        String name = device.isGpu() ? "cuda:" + device.getDeviceId() : "cpu";
        return TorchScript.of(MOVE.formatted(name, python(goesOn))).call(owner, "move", array);
    }

    /**
     * Writes values to the host's memory and starts their way to the device of a manager. PyTorch
     * keeps pinned memory when its array is closed, and gives it out again when the device has read
     * it.
     *
     * @param manager owns the result
     * @param shape of the result
     * @param writer is given a buffer as large as the result
     * @param pinned whether the device can read the memory while the host goes on
     */
    static NDArray stage(
            NDManager manager, Shape shape, Consumer<FloatBuffer> writer, boolean pinned) {
        TorchScript host = TorchScript.of(HOST.formatted(python(pinned)));
        try (NDArray values = host.call(manager, "host", shape.size())) {
            writer.accept(TorchBridge.INSTANCE.floats(values));
            try (NDArray flat = move(values, manager, pinned)) {
                return flat.reshape(shape);
            }
        }
    }

    private static String python(boolean value) {
        return value ? "True" : "False";
    }
}
