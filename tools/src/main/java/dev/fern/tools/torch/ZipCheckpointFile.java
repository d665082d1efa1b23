package dev.fern.tools.torch;

import dev.fern.tools.torch.TensorReference.Storage;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * A file in the format since PyTorch 1.6: a zip archive with a pickle, {@code NAME/data.pkl}, and
 * one uncompressed entry per storage, {@code NAME/data/KEY}. Nothing is extracted to disk.
 *
 * <p>Every entry that is used must have the CRC-32 that the archive states; {@link ZipFile} does
 * not look at it, and neither does PyTorch. After {@code
 * torch.serialization.set_crc32_options(False)}, {@code torch.save} states 0 for every entry. Such
 * a file is read unchecked. Damage does not make a checked file look like one: it would have to
 * reset the CRC-32 of every entry, and those of {@code version} and others are never 0.
 */
final class ZipCheckpointFile implements CheckpointFile {

    /** The largest pickle that is read. A state dict takes about 160 bytes per tensor. */
    private static final int MAX_PICKLE_BYTES = 4 << 20;

    private final Path path;
    private final StateDictUnpickler unpickler;
    private final ZipFile zip;
    private final String archive;
    private final boolean checksums;
    private final Set<String> intact = new HashSet<>();

    ZipCheckpointFile(Path path) throws IOException {
        this.path = path;
        this.unpickler = new StateDictUnpickler(path);
        try {
            this.zip = new ZipFile(path.toFile());
        } catch (ZipException e) {
            throw new TorchCheckpointException(
                    path,
                    "not a whole zip archive (" + e.getMessage() + "); copy the file again",
                    e);
        }
        List<String> pickles =
                zip.stream()
                        .map(ZipEntry::getName)
                        .filter(name -> name.matches("[^/]*/data\\.pkl"))
                        .toList();
        if (pickles.size() != 1) {
            zip.close();
            throw new TorchCheckpointException(
                    path,
                    "not a PyTorch checkpoint; "
                            + pickles.size()
                            + " entries NAME/data.pkl instead of one");
        }
        this.archive = pickles.get(0).substring(0, pickles.get(0).indexOf('/') + 1);
        this.checksums = zip.stream().anyMatch(entry -> entry.getCrc() != 0);
    }

    @Override
    public Object root() throws IOException {
        byte[] pickle = read(zip.getEntry(archive + "data.pkl"), MAX_PICKLE_BYTES);
        return unpickler.read(PickleInput.of(pickle));
    }

    @Override
    public List<String> skipped() {
        return unpickler.skipped();
    }

    @Override
    public ByteOrder byteOrder() throws IOException {
        ZipEntry order = zip.getEntry(archive + "byteorder");
        boolean big =
                order != null && new String(read(order, 16), StandardCharsets.UTF_8).equals("big");
        return big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    }

    @Override
    public long bytes(Storage storage) throws IOException {
        ZipEntry entry = entry(storage);
        if (entry != null && entry.getMethod() != ZipEntry.STORED) {
            throw new TorchCheckpointException(
                    path,
                    "entry " + entry.getName() + " is compressed, which torch.save never does");
        }
        return entry == null ? -1 : entry.getSize();
    }

    @Override
    public InputStream open(Storage storage) throws IOException {
        ZipEntry entry = entry(storage);
        InputStream in = zip.getInputStream(entry);
        return intact.contains(entry.getName()) ? in : new CheckedEntry(entry, in);
    }

    /** An entry whose checksum is compared when it is closed; until then nothing of it is sure. */
    private final class CheckedEntry extends CheckedInputStream {

        private final ZipEntry entry;

        CheckedEntry(ZipEntry entry, InputStream in) {
            super(in, new CRC32());
            this.entry = entry;
        }

        @Override
        public void close() throws IOException {
            try {
                transferTo(OutputStream.nullOutputStream());
                checkSum(entry, this);
                intact.add(entry.getName());
            } catch (EOFException | ZipException e) {
                throw damaged(entry, "it ends early or can't be unpacked", e);
            } finally {
                super.close();
            }
        }
    }

    private ZipEntry entry(Storage storage) {
        return zip.getEntry(archive + "data/" + storage.key());
    }

    private byte[] read(ZipEntry entry, int maxBytes) throws IOException {
        try (CheckedInputStream in =
                new CheckedInputStream(zip.getInputStream(entry), new CRC32())) {
            byte[] bytes = in.readNBytes(maxBytes + 1);
            if (bytes.length > maxBytes) {
                throw new TorchCheckpointException(
                        path,
                        "entry " + entry.getName() + " is larger than " + maxBytes + " bytes");
            }
            checkSum(entry, in);
            return bytes;
        } catch (EOFException | ZipException e) {
            throw damaged(entry, "it ends early or can't be unpacked", e);
        }
    }

    /** Compares what was read of an entry, which must be all of it, with its CRC-32. */
    private void checkSum(ZipEntry entry, CheckedInputStream read) throws IOException {
        if (checksums && read.getChecksum().getValue() != entry.getCrc()) {
            throw damaged(entry, "its checksum (CRC-32) does not fit", null);
        }
    }

    private TorchCheckpointException damaged(ZipEntry entry, String fault, Throwable cause) {
        return new TorchCheckpointException(
                path,
                "entry " + entry.getName() + " is damaged: " + fault + "; copy the file again",
                cause);
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
