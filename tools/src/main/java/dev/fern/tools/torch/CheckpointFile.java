package dev.fern.tools.torch;

import dev.fern.tools.torch.TensorReference.Storage;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An open file of one of the two formats of {@code torch.save}: a pickle, and the bytes of the
 * storages it refers to.
 */
interface CheckpointFile extends Closeable {

    /**
     * The largest pickle that is read. A state dict takes about 160 bytes per tensor; each byte of
     * a pickle can fill some 60 bytes of heap.
     */
    int MAX_PICKLE_BYTES = 4 << 20;

    /** Opens the file in the format that its first bytes show. */
    static CheckpointFile open(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            throw new TorchCheckpointException(path, "is a folder, not a file");
        }
        byte[] start;
        try (InputStream in = Files.newInputStream(path)) {
            start = in.readNBytes(2);
        }
        if (start.length == 2 && start[0] == 'P' && start[1] == 'K') {
            return new ZipCheckpointFile(path);
        }
        if (start.length == 2 && start[0] == (byte) 0x80) {
            return new LegacyCheckpointFile(path);
        }
        throw new TorchCheckpointException(
                path, "not a PyTorch checkpoint; expected a file that torch.save wrote");
    }

    /**
     * Returns the unpickled object that was saved, with {@link TensorReference}s for its tensors.
     */
    Object root() throws IOException;

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
