package dev.fern.backbone.host;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;

/**
 * The names that a library of ELF, the format of Linux, offers to others and needs of them: its
 * table of dynamic symbols. Read from the file, without loading the library. 64 bits, little
 * endian.
 */
final class ElfSymbols {

    private static final int MAGIC = 0x464c457f; // 0x7f E L F
    private static final int CLASS_64 = 2;
    private static final int LITTLE_ENDIAN = 1;
    private static final int HEADER_BYTES = 64;
    private static final int SECTION_BYTES = 64;
    private static final int SYMBOL_BYTES = 24;
    private static final int DYNAMIC_SYMBOLS = 11;

    /** How a symbol is bound that a library can do without. */
    private static final int WEAK = 2;

    private final SeekableByteChannel file;

    private ElfSymbols(SeekableByteChannel file) {
        this.file = file;
    }

    /** What is told of each symbol. */
    @FunctionalInterface
    interface Visitor {
        /**
         * @param name as the compiler wrote it, without a version
         * @param isDefined whether the library offers it; else it can't do without it
         */
        void visit(String name, boolean isDefined);
    }

    /**
     * Visits all dynamic symbols.
     *
     * @param file a library
     * @param visitor is told of each
     * @throws IOException if the file can't be read or is no such library
     */
    static void visit(SeekableByteChannel file, Visitor visitor) throws IOException {
        try {
            new ElfSymbols(file).visit(visitor);
        } catch (IndexOutOfBoundsException e) {
            throw new IOException("its table of symbols is broken", e);
        }
    }

    private void visit(Visitor visitor) throws IOException {
        if (file.size() < HEADER_BYTES) {
            throw new IOException("it is no library of 64 bits");
        }
        ByteBuffer header = read(0, HEADER_BYTES);
        if (header.getInt(0) != MAGIC
                || header.get(4) != CLASS_64
                || header.get(5) != LITTLE_ENDIAN) {
            throw new IOException("it is no library of 64 bits");
        }
        int count = Short.toUnsignedInt(header.getShort(60));
        ByteBuffer sections = read(header.getLong(40), (long) count * SECTION_BYTES);
        for (int i = 0; i < count; i++) {
            ByteBuffer section = section(sections, i);
            if (section.getInt(4) == DYNAMIC_SYMBOLS) {
                ByteBuffer names = content(section(sections, section.getInt(40)));
                visit(content(section), names, visitor);
            }
        }
    }

    private static ByteBuffer section(ByteBuffer sections, int index) {
        return sections.slice(index * SECTION_BYTES, SECTION_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer content(ByteBuffer section) throws IOException {
        return read(section.getLong(24), section.getLong(32));
    }

    private static void visit(ByteBuffer symbols, ByteBuffer names, Visitor visitor) {
        // The first symbol of every table stands for none.
        for (int at = SYMBOL_BYTES; at + SYMBOL_BYTES <= symbols.limit(); at += SYMBOL_BYTES) {
            int start = symbols.getInt(at);
            int end = start;
            while (names.get(end) != 0) {
                end++;
            }
            String name = new String(names.array(), start, end - start, StandardCharsets.US_ASCII);
            boolean isDefined = symbols.getShort(at + 6) != 0;
            if (isDefined || symbols.get(at + 4) >> 4 != WEAK) {
                visitor.visit(name, isDefined);
            }
        }
    }

    private ByteBuffer read(long offset, long length) throws IOException {
        if (offset < 0 || length < 0 || length > Integer.MAX_VALUE - 8) {
            throw new IOException("its table of symbols is broken");
        }
        if (offset + length > file.size()) {
            throw new EOFException("it is cut off");
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
        file.position(offset);
        while (bytes.hasRemaining()) {
            if (file.read(bytes) < 0) {
                throw new EOFException("it is cut off");
            }
        }
        return bytes;
    }
}
