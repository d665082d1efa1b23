package dev.fern.backbone.host;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Functions in TorchScript, PyTorch's own language, which run on the device of their arrays: what
 * takes many calls by DJL's operators is one call here, and what DJL does not offer can be said. A
 * source is compiled once in a process.
 *
 * <p>The source is what follows the head of a class that has no parameters: methods, indented by
 * two blanks, whose first argument is {@code self}. PyTorch runs it operator by operator, without
 * its own optimiser of whole functions, which would compute the first calls otherwise than later
 * ones: a resumed training would not give the same bits.
 */
public final class TorchScript {

    private static final Map<String, TorchScript> COMPILED = new ConcurrentHashMap<>();

    private static final String HEAD =
            """
            class Functions(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
            """;

    /** A pickled object of the class without anything in it, protocol 2. */
    private static final String OBJECT =
            "\u0080\u0002c__torch__\nFunctions\n)\u0081}(X\b\0\0\0training\u0088ub.";

    /** A pickled empty tuple: the source needs no constants. */
    private static final String CONSTANTS = "\u0080\u0002).";

    /** Of the operators that the source means: that of PyTorch 1.13 and later. */
    private static final String VERSION = "10\n";

    private final PtSymbolBlock module;

    private TorchScript(PtSymbolBlock module) {
        this.module = module;
    }

    /**
     * {@return the functions of a source}
     *
     * @param source the methods
     * @throws EngineException if PyTorch can't compile it
     */
    public static TorchScript of(String source) {
        return COMPILED.computeIfAbsent(source, TorchScript::compile);
    }

    private static TorchScript compile(String source) {
        // Lives as long as the process, as the compiled functions do.
        PtNDManager owner = (PtNDManager) TorchBridge.INSTANCE.newManager();
        try {
            return new TorchScript(
                    JniUtils.loadModule(
                            owner, new ByteArrayInputStream(archive(source)), false, false));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the file that PyTorch would have written for the source} */
    private static byte[] archive(String source) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            put(zip, "data.pkl", OBJECT.getBytes(StandardCharsets.ISO_8859_1));
            put(zip, "code/__torch__.py", (HEAD + source).getBytes(StandardCharsets.UTF_8));
            put(zip, "constants.pkl", CONSTANTS.getBytes(StandardCharsets.ISO_8859_1));
            put(zip, "version", VERSION.getBytes(StandardCharsets.US_ASCII));
        }
        return bytes.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        zip.putNextEntry(new ZipEntry("functions/" + name));
        zip.write(content);
        zip.closeEntry();
    }

    /**
     * Calls the source's {@code forward}, on PyTorch's tape if the thread records.
     *
     * @param inputs its arguments, all of them Tensors
     * @return its result, one Tensor, which belongs to the manager of the first input
     */
    public NDArray forward(NDArray... inputs) {
        JniUtils.setGraphExecutorOptimize(false);
        return IValueUtils.forward(module, new NDList(inputs), true).singletonOrThrow();
    }

    /**
     * Calls a method, which records nothing. What it makes can't take part in what is recorded
     * later, since PyTorch runs it in inference mode.
     *
     * @param owner owns the result
     * @param method name of a method that returns one Tensor
     * @param arguments each an NDArray (Tensor), a List of NDArrays (List[Tensor]), a Double
     *     (float) or a Long (int)
     * @return its result
     */
    public NDArray call(NDManager owner, String method, Object... arguments) {
        JniUtils.setGraphExecutorOptimize(false);
        IValue[] values = new IValue[arguments.length];
        try {
            for (int i = 0; i < arguments.length; i++) {
                values[i] = value(arguments[i]);
            }
            try (IValue result = IValueUtils.runMethod(module, method, values)) {
                return result.toTensor((PtNDManager) owner);
            }
        } finally {
            for (IValue value : values) {
                if (value != null) {
                    value.close();
                }
            }
        }
    }

    private static IValue value(Object argument) {
        if (argument instanceof NDArray array) {
            return IValue.from((PtNDArray) array);
        } else if (argument instanceof List<?> list) {
            return IValue.listFrom(list.stream().toArray(PtNDArray[]::new));
        } else if (argument instanceof Double number) {
            return IValue.from(number.doubleValue());
        } else if (argument instanceof Long number) {
            return IValue.from(number.longValue());
        }
        throw new IllegalArgumentException("a function can't be given " + argument);
    }
}
