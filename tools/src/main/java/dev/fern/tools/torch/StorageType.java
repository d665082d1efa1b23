package dev.fern.tools.torch;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** The element types of PyTorch's typed storages. */
enum StorageType {
    FLOAT32("FloatStorage", Float.BYTES, ByteBuffer::getFloat),
    FLOAT64("DoubleStorage", Double.BYTES, ByteBuffer::getDouble),
    FLOAT16("HalfStorage", Short.BYTES, bytes -> halfToFloat(bytes.getShort())),
    BFLOAT16("BFloat16Storage", Short.BYTES, bytes -> Float.intBitsToFloat(bytes.getShort() << 16)),
    INT64("LongStorage", Long.BYTES, ByteBuffer::getLong),
    INT32("IntStorage", Integer.BYTES, ByteBuffer::getInt),
    INT16("ShortStorage", Short.BYTES, ByteBuffer::getShort),
    INT8("CharStorage", Byte.BYTES, ByteBuffer::get),
    UINT8("ByteStorage", Byte.BYTES, bytes -> bytes.get() & 0xff),
    BOOL("BoolStorage", Byte.BYTES, bytes -> bytes.get() != 0 ? 1 : 0);

    private final String className;
    private final int bytes;
    private final ToDoubleFunction<ByteBuffer> decoder;

    StorageType(String className, int bytes, ToDoubleFunction<ByteBuffer> decoder) {
        this.className = className;
        this.bytes = bytes;
        this.decoder = decoder;
    }

    /** Returns the type of the storage class {@code torch.NAME}. */
    static Optional<StorageType> ofClass(String name) {
        return Stream.of(values()).filter(type -> type.className.equals(name)).findFirst();
    }

    /** Returns the size of one element in bytes. */
    int bytes() {
        return bytes;
    }

    /** Takes one element from the buffer, in the buffer's byte order, and returns it as float32. */
    float next(ByteBuffer elements) {
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
