package dev.fern.backbone.onednn;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.TorchScript;
import java.util.List;
import org.bytedeco.dnnl.memory;

/**
 * In which numbers a network's maps and weights are held. Sums are float32 in both. Where PyTorch
 * runs the network by {@link TorchScript}, the numbers of the input decide: every function gives
 * what it was given. Java can't ask such an array for its type or its values, since DJL knows no
 * bfloat16 and ends the process; it only passes it on.
 */
public enum Precision {
    /** 32 bits: what the engines compute in. */
    FLOAT32("float32", Float.BYTES, 6),

    /**
     * 16 bits, 8 of them for the exponent: maps, their gradients and the weights of convolutions
     * are rounded. AMX and GPUs multiply them many times as fast, AVX-512's instructions for
     * bfloat16 twice.
     */
    BFLOAT16("bf16", Short.BYTES, 15);

    private final String id;
    private final int bytes;
    private final int torchType;

    Precision(String id, int bytes, int torchType) {
        this.id = id;
        this.bytes = bytes;
        this.torchType = torchType;
    }

    /**
     * The name that stands for {@link #BFLOAT16} where the processor has instructions that multiply
     * it, else for float32.
     */
    private static final String AUTO = "auto";

    /** {@return the name that configurations use} */
    public String id() {
        return id;
    }

    /**
     * {@return the precision of a name}
     *
     * @param id {@code float32}, {@code bf16}, or {@code auto} for the one that suits the processor
     * @throws IllegalArgumentException if there is none of this name; the message has the known
     *     ones
     */
    public static Precision parse(String id) {
        if (id.equals(AUTO)) {
            return OneDnn.multipliesBfloat16() ? BFLOAT16 : FLOAT32;
        }
        List<Precision> all = List.of(values());
        return all.stream()
                .filter(precision -> precision.id.equals(id))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "unknown precision '"
                                                + id
                                                + "': use float32, bf16 or auto"));
    }

    /**
     * Checks that this machine can compute in this precision.
     *
     * @param engine that of the network's arrays
     * @param device where the network is to run
     * @throws IllegalArgumentException if it can't
     */
    public void requireSupported(EngineBridge engine, Device device) {
        if (this == FLOAT32 || engine.runsScripts(device)) {
            return;
        }
        if (device.isGpu()) {
            throw new IllegalArgumentException(
                    "precision bf16 on " + device + " needs the engine PyTorch");
        }
        if (!OneDnn.supports(this)) {
            throw new IllegalArgumentException(
                    "precision bf16 needs a processor with AVX-512 or AMX, and oneDNN's library for"
                            + " this platform; use float32");
        }
    }

    /**
     * {@return whether bfloat16 takes less than half the time of this precision} That is so where
     * the processor has AMX.
     *
     * @param device where the network runs
     */
    public boolean isSlowOn(Device device) {
        return this == FLOAT32 && !device.isGpu() && OneDnn.hasAmx();
    }

    /**
     * {@return an array's values in this precision} The engine must {@linkplain
     * EngineBridge#runsScripts run scripts}, unless this is float32.
     *
     * @param x float32
     */
    public NDArray of(NDArray x) {
        return this == FLOAT32
                ? x
                : TorchScript.of(
                                "  def forward(self, x: Tensor) -> Tensor:\n"
                                        + "    return x.to(dtype=%d)\n".formatted(torchType))
                        .forward(x);
    }

    /** {@return PyTorch's number of the values' type} */
    public int torchType() {
        return torchType;
    }

    /** {@return the size of a value} */
    int bytes() {
        return bytes;
    }

    /** {@return oneDNN's type of the values} */
    memory.data_type type() {
        return this == BFLOAT16 ? memory.data_type.bf16 : memory.data_type.f32;
    }

    /** {@return the number of this precision that is nearest, of two as near the even one} */
    float round(float value) {
        if (this == FLOAT32 || !Float.isFinite(value)) {
            return value;
        }
        return Float.intBitsToFloat(upperBits(value) << 16);
    }

    /** {@return the 16 bits of the nearest bfloat16} */
    static short upperBits(float value) {
        int bits = Float.floatToRawIntBits(value);
        return Float.isNaN(value)
                ? (short) (bits >>> 16 | 0x40)
                : (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }
}
