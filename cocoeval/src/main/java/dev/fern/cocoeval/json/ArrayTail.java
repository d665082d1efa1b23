package dev.fern.cocoeval.json;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The second half of a large array of objects, for another thread to read. Where it begins is a
 * guess, since a string may look like the end of one object and the start of the next: whoever
 * reads the first half must come to just this place between two elements, or the tail is worth
 * nothing.
 *
 * @param offset of its first element, in bytes from the start of the document
 * @param in stands within the array, at that element
 */
public record ArrayTail(long offset, JsonTokenizer in) implements Closeable {
    /** Below this size in bytes a second thread costs more than it saves. */
    static final long LEAST_SIZE = 4 << 20;

    /** Within so many bytes from the middle there should be a new element. */
    private static final int WINDOW = 1 << 18;

    /**
     * Opens the second half of a file.
     *
     * @param file an array of objects
     * @return empty where the file is small, packed, in another encoding than plain UTF-8, can't be
     *     read, or has no place that looks like the start of an element
     */
    public static Optional<ArrayTail> of(Path file) {
        try {
            long size = Files.size(file);
            return size < LEAST_SIZE ? Optional.empty() : open(file, size);
        } catch (IOException e) {
            return Optional.empty(); // the reader of the first half tells why
        }
    }

    private static Optional<ArrayTail> open(Path file, long size) throws IOException {
        SeekableByteChannel channel = Files.newByteChannel(file);
        try {
            byte[] head = read(channel, 0, 2);
            int first = start(read(channel, size / 2, WINDOW));
            // Marks of order and packing, and the zeros of wider encodings, are no bracket or
            // space.
            if (head[0] != '[' || head[1] == 0 || first < 0) {
                channel.close();
                return Optional.empty();
            }
            long offset = size / 2 + first;
            channel.position(offset);
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel), 1 << 16);
            return Optional.of(
                    new ArrayTail(offset, JsonTokenizer.withinArray(file.toString(), in)));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static byte[] read(SeekableByteChannel channel, long from, int count)
            throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(count);
        channel.position(from);
        while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
            // goes on until the window or the file ends
        }
        return bytes.array();
    }

    /** Returns where an object begins after another one and a comma, or -1. */
    private static int start(byte[] bytes) {
        byte last = 0;
        byte beforeLast = 0;
        for (int i = 0; i < bytes.length; i++) {
            byte b = bytes[i];
            if (b == '{' && last == ',' && beforeLast == '}') {
                return i;
            }
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                beforeLast = last;
                last = b;
            }
        }
        return -1;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
