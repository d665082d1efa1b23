package dev.fern.tools.log;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * A file of TensorFlow records. Each record is its length in bytes (uint64), the length's checksum,
 * its bytes and their checksum, all little-endian. A checksum is a CRC-32C, rotated right by 15
 * bits, plus a constant ("masked"). Each record is handed to the operating system at once, so that
 * a process that is killed leaves whole records.
 *
 * @see <a href="https://www.tensorflow.org/tutorials/load_data/tfrecord">TFRecords format
 *     details</a>
 */
final class EventFile implements Closeable {

    private static final int MASK = 0xa282ead8;
    private static final String NAME = "events.out.tfevents.%010d.fern";
    private static final Pattern NAME_PATTERN =
            Pattern.compile("events\\.out\\.tfevents\\.(\\d{10})\\..*");

    private final Path path;
    private final OutputStream out;

    private EventFile(Path path) throws IOException {
        this.path = path;
        out = Files.newOutputStream(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /**
     * Creates a file whose name comes after the names of all event files in the folder, since
     * TensorBoard reads a folder's files in the order of their names.
     *
     * @param clock its second is the file's name, if no other file has that one or a later one
     */
    static EventFile createIn(Path folder, Clock clock) throws IOException {
        long second = clock.instant().getEpochSecond();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*tfevents*")) {
            for (Path file : files) {
                Matcher name = NAME_PATTERN.matcher(file.getFileName().toString());
                if (name.matches()) {
                    second = Math.max(second, Long.parseLong(name.group(1)) + 1);
                }
            }
        }
        return new EventFile(folder.resolve(String.format(Locale.ROOT, NAME, second)));
    }

    Path path() {
        return path;
    }

    /** Adds a record. */
    void write(byte[] data) throws IOException {
        ByteBuffer frame =
                ByteBuffer.allocate(Long.BYTES + 2 * Integer.BYTES + data.length)
                        .order(ByteOrder.LITTLE_ENDIAN);
        frame.putLong(data.length);
        frame.putInt(maskedCrc(frame.array(), Long.BYTES));
        frame.put(data);
        frame.putInt(maskedCrc(data, data.length));
        out.write(frame.array());
    }

    private static int maskedCrc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
