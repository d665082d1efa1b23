package dev.fern.tools.torch;

import dev.fern.backbone.parameter.ElementType;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.tools.torch.TensorReference.Storage;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.zip.ZipException;

/**
 * Reads tensors from a checkpoint's storages. It checks that each one lies within its storage
 * before it allocates anything.
 */
final class TensorReader {

    /**
     * The largest growth of a file in memory: int8 elements grow fourfold as floats. The constant
     * below gives small files, whose tensors may share a storage, some room besides.
     */
    private static final int MAX_GROWTH = 4;

    private static final int ALWAYS_ALLOWED_BYTES = 1 << 20;
    private static final int CHUNK_BYTES = 1 << 16;

    private final Path path;
    private final CheckpointFile file;
    private long allowedElements;

    /**
     * Makes a reader of one file.
     *
     * @param path the file's name, for messages
     * @param file gives the bytes of storages
     * @param fileBytes the file's size, which limits what all tensors together may allocate
     */
    TensorReader(Path path, CheckpointFile file, long fileBytes) {
        this.path = path;
        this.file = file;
        this.allowedElements = (MAX_GROWTH * fileBytes + ALWAYS_ALLOWED_BYTES) / Float.BYTES;
    }

    /** Reads one tensor into row-major order. */
    Tensor read(String name, TensorReference tensor) throws IOException {
        long elements = 1;
        long last = tensor.offset();
        boolean contiguous = true;
        try {
            if (tensor.offset() < 0 || tensor.shape().length != tensor.strides().length) {
                throw new ArithmeticException();
            }
            for (int axis = tensor.shape().length - 1; axis >= 0; axis--) {
                long size = tensor.shape()[axis];
                long stride = tensor.strides()[axis];
                if (size < 0 || stride < 0) {
                    throw new ArithmeticException();
                }
                contiguous &= size == 1 || stride == elements;
                elements = Math.multiplyExact(elements, size);
                last = Math.addExact(last, Math.multiplyExact(Math.max(size - 1, 0), stride));
            }
        } catch (ArithmeticException e) {
            throw fault(name, "has an impossible shape, strides or offset", e);
        }
        if (elements == 0) {
            return new Tensor(tensor.shape(), new float[0]);
        }
        checkStorage(name, tensor.storage(), last);
        long span = last - tensor.offset() + 1;
        // The span counts too, so that many thin views can't each make it read the whole storage.
        long cost = Math.max(span, elements);
        if (cost > Math.min(allowedElements, Integer.MAX_VALUE - 8)) {
            throw fault(
                    name, "is too large for a file of this size; save it as contiguous()", null);
        }
        allowedElements -= cost;
        float[] data = elements(name, tensor, (int) span);
        return new Tensor(tensor.shape(), contiguous ? data : gather(data, tensor, (int) elements));
    }

    private void checkStorage(String name, Storage storage, long last) throws IOException {
        long bytes = storage.pickled() != null ? storage.pickled().length : file.bytes(storage);
        if (bytes < 0) {
            throw fault(name, "refers to storage " + storage.key() + ", which is missing", null);
        }
        if (last >= storage.elements() || last >= bytes / storage.type().bytes()) {
            throw fault(
                    name,
                    String.format(
                            "goes to element %d of its storage %s, which has %d bytes for %d elements of type %s",
                            last, storage.key(), bytes, storage.elements(), storage.type()),
                    null);
        }
    }

    /** Reads {@code count} neighbouring elements from the tensor's offset on. */
    private float[] elements(String name, TensorReference tensor, int count) throws IOException {
        ElementType type = tensor.storage().type();
        try (InputStream in = open(tensor.storage())) {
            in.skipNBytes(tensor.offset() * type.bytes());
            ByteOrder order =
                    tensor.storage().pickled() != null ? ByteOrder.LITTLE_ENDIAN : file.byteOrder();
            float[] elements = new float[count];
            byte[] bytes = new byte[CHUNK_BYTES];
            for (int done = 0; done < count; ) {
                int chunk = Math.min(count - done, CHUNK_BYTES / type.bytes());
                if (in.readNBytes(bytes, 0, chunk * type.bytes()) < chunk * type.bytes()) {
                    throw new EOFException();
                }
                ByteBuffer buffer = ByteBuffer.wrap(bytes).order(order);
                for (int i = 0; i < chunk; i++) {
                    elements[done++] = type.next(buffer);
                }
            }
            return elements;
        } catch (EOFException | ZipException e) {
            throw fault(name, "is damaged or cut; copy the file again", e);
        }
    }

    private InputStream open(Storage storage) throws IOException {
        return storage.pickled() != null
                ? new ByteArrayInputStream(storage.pickled())
                : file.open(storage);
    }

    /** Brings a strided view into row-major order, counting through its index like an odometer. */
    private static float[] gather(float[] span, TensorReference tensor, int count) {
        long[] shape = tensor.shape();
        long[] strides = tensor.strides();
        long[] index = new long[shape.length];
        float[] data = new float[count];
        long position = 0;
        for (int i = 0; i < count; i++) {
            data[i] = span[(int) position];
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                position += strides[axis];
                if (++index[axis] < shape[axis]) {
                    break;
                }
                position -= strides[axis] * shape[axis];
                index[axis] = 0;
            }
        }
        return data;
    }

    private TorchCheckpointException fault(String name, String fault, Throwable cause) {
        return new TorchCheckpointException(path, "tensor " + name + " " + fault, cause);
    }
}
