package dev.fern.detection.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32;

/**
 * Random access to the bytes of an encoded image. Those of a file are read through a small window,
 * so that a header is parsed in little memory; those of a stream are all read when it is opened. A
 * read beyond the end means that the image is truncated.
 */
final class FileWindow implements AutoCloseable {

    private static final int WINDOW_BYTES = 4096;

    private final ImageSource image;

    /** The open file; null if the window has all bytes. */
    private final FileChannel channel;

    private final long length;
    private byte[] window;
    private long start;
    private int filled;

    private FileWindow(ImageSource image, FileChannel channel) throws IOException {
        this.image = image;
        this.channel = channel;
        this.length = channel.size();
        this.window = new byte[WINDOW_BYTES];
    }

    private FileWindow(ImageSource image, byte[] bytes) {
        this.image = image;
        this.channel = null;
        this.length = bytes.length;
        this.window = bytes;
        this.filled = bytes.length;
    }

    /**
     * Opens the bytes of an image.
     *
     * @param image where they are
     * @param mostBytes how many bytes a stream may have at most
     */
    static FileWindow open(ImageSource image, long mostBytes) throws IOException {
        FileWindow window =
                image instanceof ImageSource.Stream stream
                        ? new FileWindow(image, readAll(stream, mostBytes))
                        : open(((ImageSource.File) image).path());
        if (window.length == 0) {
            window.close();
            throw window.error("the file is empty");
        }
        return window;
    }

    private static byte[] readAll(ImageSource.Stream image, long mostBytes) throws IOException {
        int most = (int) Math.min(Integer.MAX_VALUE - 8, mostBytes);
        try (InputStream in = image.opening().open()) {
            if (in == null) {
                throw new ImageReadException(image, "no such image");
            }
            byte[] head = in.readNBytes(ImageSignature.HEAD_BYTES);
            if (head.length > 0) {
                // What is no image is refused before the rest of it fills the memory.
                ImageFormat.of(new FileWindow(image, head));
            }
            InputStream all = new SequenceInputStream(new ByteArrayInputStream(head), in);
            byte[] bytes = all.readNBytes(most);
            if (bytes.length == most && in.read() >= 0) {
                throw new ImageReadException(image, "more than " + most + " bytes are too many");
            }
            return bytes;
        } catch (ImageReadException e) {
            throw e;
        } catch (NoSuchFileException e) {
            throw new ImageReadException(image, "no such image");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(image.name() + ": interrupted while it was read");
        } catch (Exception e) { // of the program that has the bytes, and no fault of the image
            String problem = e.getMessage() == null ? e.toString() : e.getMessage();
            throw new IOException(image.name() + ": can't be read: " + problem, e);
        }
    }

    private static FileWindow open(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new ImageReadException(path, "no such file");
        }
        if (!Files.isRegularFile(path)) {
            throw new ImageReadException(path, "not a file");
        }
        FileChannel channel;
        try {
            channel = FileChannel.open(path, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            throw new ImageReadException(path, "no such file", e);
        } catch (AccessDeniedException e) {
            throw new ImageReadException(path, "no permission to read it", e);
        } // what else can be wrong, such as too many open files, is no fault of the image
        try {
            return new FileWindow(ImageSource.of(path), channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    long length() {
        return length;
    }

    /** Returns the CRC-32 of {@code count} bytes from {@code position}. */
    long crc32(long position, long count) throws IOException {
        CRC32 crc = new CRC32();
        long end = position + count;
        for (long at = position; at < end; ) {
            u8(at);
            int offset = (int) (at - start);
            int part = (int) Math.min(end - at, filled - offset);
            crc.update(window, offset, part);
            at += part;
        }
        return crc.getValue();
    }

    /** Returns all bytes of the file; the window covers them from now on. */
    byte[] readAll() throws IOException {
        if (channel == null) {
            return window;
        }
        byte[] all = new byte[Math.toIntExact(length)];
        if (fill(all, 0) < all.length) {
            throw truncated();
        }
        window = all;
        start = 0;
        filled = all.length;
        return all;
    }

    int u8(long position) throws IOException {
        if (position < start || position >= start + filled) {
            if (position < 0 || position >= length) {
                throw truncated();
            }
            start = position;
            filled = fill(window, position);
            if (filled == 0) {
                throw truncated();
            }
        }
        return window[(int) (position - start)] & 0xff;
    }

    int u16(long position, boolean bigEndian) throws IOException {
        int first = u8(position);
        int second = u8(position + 1);
        return bigEndian ? first << 8 | second : second << 8 | first;
    }

    long u32(long position, boolean bigEndian) throws IOException {
        long first = u16(position, bigEndian);
        long second = u16(position + 2, bigEndian);
        return bigEndian ? first << 16 | second : second << 16 | first;
    }

    /** Returns whether the bytes at {@code position} are this ASCII text; false beyond the end. */
    boolean startsWith(long position, String text) throws IOException {
        byte[] expected = text.getBytes(StandardCharsets.ISO_8859_1);
        if (position + expected.length > length) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if (u8(position + i) != (expected[i] & 0xff)) {
                return false;
            }
        }
        return true;
    }

    /** Returns the first bytes of the file, at most {@code count}, as ISO 8859-1. */
    String head(int count) throws IOException {
        StringBuilder head = new StringBuilder();
        for (int i = 0; i < Math.min(count, length); i++) {
            head.append((char) u8(i));
        }
        return head.toString();
    }

    ImageReadException truncated() {
        return error("the image is truncated (the file ends after " + length + " bytes)");
    }

    ImageReadException error(String problem) {
        return new ImageReadException(image, problem);
    }

    private int fill(byte[] target, long position) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(target);
        try {
            while (buffer.hasRemaining()) {
                int count = channel.read(buffer, position + buffer.position());
                if (count < 0) {
                    break;
                }
            }
        } catch (ClosedChannelException e) {
            throw e; // the thread was told to end
        } catch (IOException e) {
            throw new IOException(image.name() + ": can't be read: " + e.getMessage(), e);
        }
        return buffer.position();
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
