package dev.fern.backbone.parameter;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * The type of a stored tensor's elements. Each becomes a float32: narrower types exactly, float64
 * rounded, and integers exactly up to 2^24.
 */
public enum ElementType {
    /** IEEE 754 binary32. */
    FLOAT32("F32", Float.BYTES, ByteBuffer::getFloat),
    /** IEEE 754 binary64. */
    FLOAT64("F64", Double.BYTES, ByteBuffer::getDouble),
    /** IEEE 754 binary16. */
    FLOAT16("F16", Short.BYTES, bytes -> halfToFloat(bytes.getShort())),
    /** The upper half of a float32. */
    BFLOAT16("BF16", Short.BYTES, bytes -> Float.intBitsToFloat(bytes.getShort() << 16)),
    /** A signed integer of 64 bits. */
    INT64("I64", Long.BYTES, ByteBuffer::getLong),
    /** A signed integer of 32 bits. */
    INT32("I32", Integer.BYTES, ByteBuffer::getInt),
    /** A signed integer of 16 bits. */
    INT16("I16", Short.BYTES, ByteBuffer::getShort),
    /** A signed integer of 8 bits. */
    INT8("I8", Byte.BYTES, ByteBuffer::get),
    /** An unsigned integer of 8 bits. */
    UINT8("U8", Byte.BYTES, bytes -> bytes.get() & 0xff),
    /** A byte that is 0 for false. */
    BOOL("BOOL", Byte.BYTES, bytes -> bytes.get() != 0 ? 1 : 0);

    private final String safeTensorsName;
    private final int bytes;
    private final ToDoubleFunction<ByteBuffer> decoder;

    ElementType(String safeTensorsName, int bytes, ToDoubleFunction<ByteBuffer> decoder) {
        this.safeTensorsName = safeTensorsName;
        this.bytes = bytes;
        this.decoder = decoder;
    }

    /**
     * {@return the type that safetensors files call by a name; empty if there is none}
     *
     * @param name such as {@code BF16}
     */
    static Optional<ElementType> ofSafeTensors(String name) {
        return Stream.of(values()).filter(type -> type.safeTensorsName.equals(name)).findFirst();
    }

    /** {@return the size of one element in bytes, 1 to 8} */
    public int bytes() {
        return bytes;
    }

    /**
     * Takes one element.
     *
     * @param elements holds it at its position, in its byte order; the position moves behind it
     * @return the element as float32
     */
    public float next(ByteBuffer elements) {
        return (float) decoder.applyAsDouble(elements);
    }

    /** Converts IEEE 754 binary16 to binary32, which holds every half exactly. */
    private static float halfToFloat(short half) {
        int exponent = half >> 10 & 0x1f;
        int fraction = half & 0x3ff;
        float magnitude;
        if (exponent == 0) {
            magnitude = fraction * 0x1p-24f;
        } else if (exponent == 0x1f) {
            magnitude = fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
        } else {
            magnitude = Float.intBitsToFloat(exponent + (127 - 15) << 23 | fraction << 13);
        }
        return half < 0 ? -magnitude : magnitude;
    }
}
