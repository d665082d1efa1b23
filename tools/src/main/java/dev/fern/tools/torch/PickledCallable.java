package dev.fern.tools.torch;

import dev.fern.backbone.parameter.ElementType;
import dev.fern.tools.torch.TensorReference.Storage;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The classes and functions whose calls in a pickle are understood: those that rebuild ordered
 * dictionaries, tensors, parameters and numpy arrays. Each gives a description; none of PyTorch's
 * or numpy's code is there to be run.
 */
enum PickledCallable {
    ORDERED_DICT {
        @Override
        Object call(Object[] arguments) {
            Map<Object, Object> dictionary = new LinkedHashMap<>();
            if (arguments.length > 0) { // Python 2 hands over all items, as a list of pairs
                for (Object item : (List<?>) arguments[0]) {
                    List<?> pair = (List<?>) item;
                    dictionary.put((String) pair.get(0), pair.get(1));
                }
            }
            return dictionary;
        }
    },
    TENSOR {
        @Override
        Object call(Object[] arguments) {
            if (arguments[0] instanceof SkippedObject storage) {
                return storage;
            }
            return new TensorReference(
                    (Storage) arguments[0],
                    PickledValues.integer(arguments[1]),
                    PickledValues.integers(arguments[2]),
                    PickledValues.integers(arguments[3]));
        }
    },
    PARAMETER {
        @Override
        Object call(Object[] arguments) {
            return arguments.length > 0 && arguments[0] instanceof TensorReference tensor
                    ? tensor
                    : new SkippedObject("torch.nn.Parameter");
        }
    },
    /**
     * Rebuilds a tensor of a subclass: a function, the class, the function's arguments, a state.
     */
    TENSOR_OF_CLASS {
        @Override
        Object call(Object[] arguments) {
            return arguments[0] == TENSOR
                    ? TENSOR.call((Object[]) arguments[2])
                    : new SkippedObject("torch.Tensor");
        }
    },
    /** Makes an empty array, which gets its elements as its state. */
    ARRAY {
        @Override
        Object call(Object[] arguments) {
            return new NumpyArray();
        }
    },
    /** Makes an array of bytes, a type, a shape and an order ({@code C} or {@code F}). */
    ARRAY_OF_BUFFER {
        @Override
        Object call(Object[] arguments) {
            NumpyArray array = new NumpyArray();
            array.set(arguments[1], arguments[2], "F".equals(arguments[3]), arguments[0]);
            return array;
        }
    },
    ARRAY_TYPE {
        @Override
        Object call(Object[] arguments) {
            return arguments[0] instanceof String code
                    ? new NumpyArray.Type(code)
                    : new SkippedObject("numpy.dtype");
        }
    },
    /** The class of arrays, which is only an argument. */
    ARRAY_CLASS {
        @Override
        Object call(Object[] arguments) {
            return new SkippedObject("numpy.ndarray");
        }
    },
    /** Encodes a text: protocol 2 has no other way to write bytes. */
    BYTES {
        @Override
        Object call(Object[] arguments) {
            return arguments.length == 2
                            && arguments[0] instanceof String text
                            && "latin1".equals(arguments[1])
                    ? text.getBytes(StandardCharsets.ISO_8859_1)
                    : new SkippedObject("_codecs.encode");
        }
    };

    private static final Map<String, PickledCallable> BY_NAME =
            Map.ofEntries(
                    Map.entry("collections.OrderedDict", ORDERED_DICT),
                    Map.entry("torch._utils._rebuild_tensor", TENSOR),
                    Map.entry("torch._utils._rebuild_tensor_v2", TENSOR),
                    Map.entry("torch._utils._rebuild_parameter", PARAMETER),
                    Map.entry("torch._utils._rebuild_parameter_with_state", PARAMETER),
                    Map.entry("torch.nn.parameter.Parameter", PARAMETER),
                    Map.entry("torch._tensor._rebuild_from_type_v2", TENSOR_OF_CLASS),
                    Map.entry("numpy.core.multiarray._reconstruct", ARRAY),
                    Map.entry("numpy._core.multiarray._reconstruct", ARRAY),
                    Map.entry("numpy.core.numeric._frombuffer", ARRAY_OF_BUFFER),
                    Map.entry("numpy._core.numeric._frombuffer", ARRAY_OF_BUFFER),
                    Map.entry("numpy.dtype", ARRAY_TYPE),
                    Map.entry("numpy.ndarray", ARRAY_CLASS),
                    Map.entry("_codecs.encode", BYTES));

    private static final Map<String, ElementType> STORAGES =
            Map.of(
                    "torch.FloatStorage", ElementType.FLOAT32,
                    "torch.DoubleStorage", ElementType.FLOAT64,
                    "torch.HalfStorage", ElementType.FLOAT16,
                    "torch.BFloat16Storage", ElementType.BFLOAT16,
                    "torch.LongStorage", ElementType.INT64,
                    "torch.IntStorage", ElementType.INT32,
                    "torch.ShortStorage", ElementType.INT16,
                    "torch.CharStorage", ElementType.INT8,
                    "torch.ByteStorage", ElementType.UINT8,
                    "torch.BoolStorage", ElementType.BOOL);

    /**
     * Returns what a name of a pickle stands for.
     *
     * @param qualifiedName module and name, such as {@code collections.OrderedDict}
     * @return a callable, or the {@link ElementType} of a storage class; empty for all others
     */
    static Optional<Object> named(String qualifiedName) {
        PickledCallable callable = BY_NAME.get(qualifiedName);
        return Optional.ofNullable(callable != null ? callable : STORAGES.get(qualifiedName));
    }

    /**
     * Returns the description of what Python would build.
     *
     * @throws RuntimeException if the arguments are of a kind that no whole pickle has
     */
    abstract Object call(Object[] arguments);
}
