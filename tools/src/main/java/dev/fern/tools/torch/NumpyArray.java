package dev.fern.tools.torch;

import dev.fern.backbone.parameter.ElementType;
import dev.fern.tools.torch.TensorReference.Storage;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** A numpy array of a pickle, which holds its elements itself. */
final class NumpyArray {

    private static final Map<String, ElementType> TYPES =
            Map.of(
                    "f8", ElementType.FLOAT64,
                    "f4", ElementType.FLOAT32,
                    "f2", ElementType.FLOAT16,
                    "i8", ElementType.INT64,
                    "i4", ElementType.INT32,
                    "i2", ElementType.INT16,
                    "i1", ElementType.INT8,
                    "u1", ElementType.UINT8,
                    "b1", ElementType.BOOL);

    private Optional<TensorReference> tensor = Optional.empty();

    /** A numpy {@code dtype}. */
    static final class Type {

        private final String code;
        private String byteOrder = "|";

        /**
         * Makes a type.
         *
         * @param code kind and number of bytes, such as {@code f4}
         */
        Type(String code) {
            this.code = code;
        }

        /** Takes the state that follows in the pickle: a version, the byte order, and more. */
        void setState(Object[] state) {
            byteOrder = (String) state[1];
        }

        /** Returns the elements' type; empty for other kinds and for big-endian numbers. */
        private Optional<ElementType> elements() {
            return byteOrder.equals(">") ? Optional.empty() : Optional.ofNullable(TYPES.get(code));
        }
    }

    /** Takes the state that follows in the pickle: version, shape, type, order and bytes. */
    void setState(Object[] state) {
        set(state[2], state[1], Boolean.TRUE.equals(state[3]), state[4]);
    }

    /**
     * Sets the elements. An array of a type that is not read, such as one of objects, has no {@link
     * #tensor}.
     *
     * @param type a {@link Type}
     * @param shape a tuple of the sizes of the dimensions
     * @param columnMajor whether the first dimension runs fastest
     * @param data the bytes, or a text of Latin-1 that Python 2 has for them
     */
    void set(Object type, Object shape, boolean columnMajor, Object data) {
        byte[] bytes =
                data instanceof String text ? text.getBytes(StandardCharsets.ISO_8859_1) : null;
        if (data instanceof byte[] raw) {
            bytes = raw;
        }
        if (bytes != null && type instanceof Type known && known.elements().isPresent()) {
            ElementType elements = known.elements().get();
            long[] sides = PickledValues.integers(shape);
            Storage storage =
                    new Storage(elements, "of an array", bytes.length / elements.bytes(), bytes);
            tensor =
                    Optional.of(
                            new TensorReference(storage, 0, sides, strides(sides, columnMajor)));
        }
    }

    private static long[] strides(long[] shape, boolean columnMajor) {
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int i = 0; i < shape.length; i++) {
            int axis = columnMajor ? i : shape.length - 1 - i;
            strides[axis] = stride;
            stride *= shape[axis]; // TensorReader refuses a shape that is too large for this
        }
        return strides;
    }

    /** Returns the array as a tensor; empty before its state is set. */
    Optional<TensorReference> tensor() {
        return tensor;
    }
}
