package dev.fern.tools.torch;

import dev.fern.tools.torch.TensorReference.Storage;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A file in the format before PyTorch 1.6, which many published weights still have. It holds
 * pickles one after another (a magic number, the format's version, facts about the machine, the
 * saved object, the keys of the storages) and then each storage as its number of elements, an
 * int64, and its elements, all little-endian.
 */
final class LegacyCheckpointFile implements CheckpointFile {

    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long VERSION = 1001;

    /** How the magic number is pickled, whatever the protocol. */
    private static final byte[] PICKLED_MAGIC = HexFormat.of().parseHex("8a0a6cfc9c46f9206aa85019");

    private final Path path;
    private final StateDictUnpickler unpickler;
    private final Map<String, Long> positions = new HashMap<>();
    private final Map<String, Long> sizes = new HashMap<>();

    LegacyCheckpointFile(Path path) {
        this.path = path;
        this.unpickler = new StateDictUnpickler(path);
    }

    /** Returns whether a file that starts so is in this format. */
    static boolean isStart(byte[] bytes) {
        return IntStream.rangeClosed(0, bytes.length - PICKLED_MAGIC.length)
                .anyMatch(
                        at ->
                                Arrays.equals(
                                        bytes,
                                        at,
                                        at + PICKLED_MAGIC.length,
                                        PICKLED_MAGIC,
                                        0,
                                        PICKLED_MAGIC.length));
    }

    @Override
    public Object root() throws IOException {
        try (PickleInput in = PickleInput.of(path)) {
            if (!MAGIC.equals(unpickler.read(in))
                    || !(unpickler.read(in) instanceof Integer version)
                    || version != VERSION) {
                throw new TorchCheckpointException(path, "a PyTorch checkpoint of another version");
            }
            unpickler.read(in);
            Object root = unpickler.read(in);
            Object keys = unpickler.read(in);
            try (FileChannel channel = FileChannel.open(path)) {
                locate(channel, keys, unpickler.storages(), in.position());
            }
            return root;
        }
    }

    @Override
    public List<String> skipped() {
        return unpickler.skipped();
    }

    /**
     * Finds where the storages lie, one after another. The pickle of the object gives the type of
     * each and so the size of its elements.
     */
    private void locate(
            FileChannel channel, Object keys, Map<String, Storage> storages, long position)
            throws IOException {
        if (!(keys instanceof List<?> list)) {
            throw new TorchCheckpointException(path, "damaged: the list of storages is missing");
        }
        for (Object key : list) {
            Storage storage = key instanceof String name ? storages.get(name) : null;
            ByteBuffer elements = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            channel.read(elements, position);
            if (storage == null
                    || elements.hasRemaining()
                    || elements.getLong(0) != storage.elements()) {
                throw new TorchCheckpointException(
                        path, "damaged or cut; a storage's number of elements disagrees");
            }
            position += Long.BYTES;
            long rest = (channel.size() - position) / storage.type().bytes();
            if (storage.elements() < 0 || storage.elements() > rest) {
                throw new TorchCheckpointException(
                        path, "cut within storage " + storage.key() + "; copy the file again");
            }
            positions.put(storage.key(), position);
            sizes.put(storage.key(), storage.elements() * storage.type().bytes());
            position += storage.elements() * storage.type().bytes();
        }
    }

    @Override
    public ByteOrder byteOrder() {
        return ByteOrder.LITTLE_ENDIAN;
    }

    @Override
    public long bytes(Storage storage) {
        return sizes.getOrDefault(storage.key(), -1L);
    }

    @Override
    public InputStream open(Storage storage) throws IOException {
        InputStream in = Files.newInputStream(path);
        in.skipNBytes(positions.get(storage.key()));
        return in;
    }

    @Override
    public void close() {
        // Each stream is opened and closed by itself.
    }
}
