package dev.fern.tools.torch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes pickles operation by operation, and the archive around them, so that tests can write what
 * PyTorch never would.
 */
final class PickleBytes {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /**
     * A state dict with one float tensor of the given geometry, over a storage that claims {@code
     * elements} elements.
     */
    static PickleBytes tensor(
            String name, String key, long elements, long offset, long[] shape, long[] strides) {
        PickleBytes pickle = new PickleBytes().raw("}(").text(name);
        return pickle.rebuilt(key, elements, offset, shape, strides).raw("u.");
    }

    /** The operations that rebuild one float tensor. */
    PickleBytes rebuilt(String key, long elements, long offset, long[] shape, long[] strides) {
        global("torch._utils", "_rebuild_tensor_v2")
                .raw("((")
                .text("storage")
                .global("torch", "FloatStorage");
        text(key)
                .text("cpu")
                .integer(elements)
                .raw("tQ")
                .integer(offset)
                .tuple(shape)
                .tuple(strides)
                .raw("\u0089}t");
        return raw("R");
    }

    PickleBytes raw(String operations) {
        out.writeBytes(operations.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    PickleBytes global(String module, String name) {
        return raw("c" + module + "\n" + name + "\n");
    }

    PickleBytes text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        raw("X");
        out.writeBytes(littleEndian(4).putInt(utf8.length).array());
        out.writeBytes(utf8);
        return this;
    }

    PickleBytes integer(long value) {
        raw("\u008a\u0008");
        out.writeBytes(littleEndian(8).putLong(value).array());
        return this;
    }

    PickleBytes tuple(long... values) {
        raw("(");
        for (long value : values) {
            integer(value);
        }
        return raw("t");
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    /** Writes {@code test.pth} with this pickle and the given storages. */
    Path save(Path folder, Map<String, float[]> storages) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("archive/data.pkl", bytes());
        storages.forEach(
                (key, elements) -> {
                    ByteBuffer buffer = littleEndian(elements.length * 4);
                    buffer.asFloatBuffer().put(elements);
                    entries.put("archive/data/" + key, buffer.array());
                });
        return zip(folder, entries, ZipEntry.STORED);
    }

    static Path zip(Path folder, Map<String, byte[]> entries, int method) throws IOException {
        Path file = folder.resolve("test.pth");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, byte[]> named : entries.entrySet()) {
                ZipEntry entry = new ZipEntry(named.getKey());
                entry.setMethod(method);
                entry.setSize(named.getValue().length);
                CRC32 crc = new CRC32();
                crc.update(named.getValue());
                entry.setCrc(crc.getValue());
                zip.putNextEntry(entry);
                zip.write(named.getValue());
            }
        }
        return file;
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
