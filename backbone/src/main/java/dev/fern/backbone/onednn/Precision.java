package dev.fern.backbone.onednn;

import ai.djl.Device;
import java.util.List;
import org.bytedeco.dnnl.memory;

/** In which numbers a network's maps and weights are held. Sums are float32 in both. */
public enum Precision {
    /** 32 bits: what the engines compute in. */
    FLOAT32("float32", Float.BYTES),

    /**
     * 16 bits, 8 of them for the exponent: maps, their gradients and the weights of convolutions
     * are rounded. AMX multiplies them many times as fast, AVX-512's instructions for bfloat16
     * twice.
     */
    BFLOAT16("bf16", Short.BYTES);

    private final String id;
    private final int bytes;

    Precision(String id, int bytes) {
        this.id = id;
        this.bytes = bytes;
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
     * @param device where the network is to run
     * @throws IllegalArgumentException if it can't
     */
    public void requireSupported(Device device) {
        if (this == BFLOAT16 && device.isGpu()) {
            throw new IllegalArgumentException("precision bf16 is for the CPU, not for " + device);
        }
        if (this == BFLOAT16 && !OneDnn.supports(this)) {
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
