package dev.fern.tools.torch;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The bytes of a pickle, which knows how many are left, so that no length in it is believed. */
final class PickleInput extends InputStream {

    private final InputStream in;
    private final long size;
    private long left;
    private long leftAtMark;

    private PickleInput(InputStream in, long size) {
        this.in = in;
        this.size = size;
        this.left = size;
    }

    /** Reads from memory. */
    static PickleInput of(byte[] pickle) {
        return new PickleInput(new ByteArrayInputStream(pickle), pickle.length);
    }

    /** Reads a file from its start. */
    static PickleInput of(Path file) throws IOException {
        return new PickleInput(
                new BufferedInputStream(Files.newInputStream(file), 1 << 16), Files.size(file));
    }

    /** Returns the number of bytes from the start to the end. */
    long size() {
        return size;
    }

    /** Returns how many bytes were read. */
    long position() {
        return size - left;
    }

    /** Returns how many bytes are left to be read. */
    long left() {
        return left;
    }

    @Override
    public int read() throws IOException {
        int value = in.read();
        if (value >= 0) {
            left--;
        }
        return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int count = in.read(target, offset, length);
        if (count > 0) {
            left -= count;
        }
        return count;
    }

    @Override
    public int available() {
        return (int) Math.min(left, Integer.MAX_VALUE);
    }

    @Override
    public boolean markSupported() {
        return true;
    }

    @Override
    public synchronized void mark(int limit) {
        in.mark(limit);
        leftAtMark = left;
    }

    @Override
    public synchronized void reset() throws IOException {
        in.reset();
        left = leftAtMark;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
