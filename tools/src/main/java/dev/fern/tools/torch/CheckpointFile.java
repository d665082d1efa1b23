package dev.fern.tools.torch;

import dev.fern.tools.torch.TensorReference.Storage;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.util.List;

/**
 * An open file that holds a pickle and the bytes of the storages it refers to: one of the two
 * formats of {@code torch.save}, or a pickle alone.
 */
interface CheckpointFile extends Closeable {

    /**
     * Returns the unpickled object that was saved, with {@link TensorReference}s for its tensors.
     */
    Object root() throws IOException;

    /** Returns the names of classes and functions that {@link #root} skipped. */
    List<String> skipped();

    /** Returns the byte order of the storages' elements. */
    ByteOrder byteOrder() throws IOException;

    /**
     * Returns the size in bytes of a storage that {@link #root} refers to; -1 if the file lacks it.
     */
    long bytes(Storage storage) throws IOException;

    /**
     * Opens the bytes of a storage that the file has. Closing them throws a {@link
     * TorchCheckpointException} if they turn out to be damaged, whether they were read or not.
     */
    InputStream open(Storage storage) throws IOException;
}
