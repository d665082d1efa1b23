package dev.fern.tools.torch;

import dev.fern.tools.torch.TensorReference.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;

/**
 * A pickle without anything around it, as detectron2's model zoo publishes weights: its tensors are
 * numpy arrays, whose bytes the pickle itself holds.
 */
final class PickleFile implements CheckpointFile {

    private final Path path;
    private final StateDictUnpickler unpickler;

    PickleFile(Path path) {
        this.path = path;
        this.unpickler = new StateDictUnpickler(path);
    }

    @Override
    public Object root() throws IOException {
        try (PickleInput in = PickleInput.of(path)) {
            return unpickler.read(in);
        }
    }

    @Override
    public List<String> skipped() {
        return unpickler.skipped();
    }

    @Override
    public ByteOrder byteOrder() {
        return ByteOrder.LITTLE_ENDIAN;
    }

    @Override
    public long bytes(Storage storage) {
        return -1;
    }

    @Override
    public InputStream open(Storage storage) {
        throw new IllegalStateException("a pickle alone has no storages");
    }

    @Override
    public void close() {
        // The pickle is closed once it is read.
    }
}
