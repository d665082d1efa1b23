package dev.fern.detection.worker;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a worker has computed since its last report.
 *
 * @param images the name of each image for messages
 * @param losses the terms of the loss by name, each the sum over the images
 * @param counts sums over the images by name
 * @param notFinite those of the images among which a loss is not finite
 * @param leftOut one line per image that can't be used and was left out
 * @param failure why the worker can't go on, in one line; empty if it can
 */
public record WorkerReport(
        List<String> images,
        Map<String, Double> losses,
        Map<String, Long> counts,
        List<String> notFinite,
        List<String> leftOut,
        String failure) {

    /** How a value of a map is written. */
    private interface Writer<T> {
        void write(T value) throws IOException;
    }

    /** How a value is read. */
    private interface Reader<T> {
        T read() throws IOException;
    }

    /** Returns the report as bytes. */
    byte[] toBytes() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        write(out, images, out::writeUTF);
        write(out, losses, out::writeDouble);
        write(out, counts, out::writeLong);
        write(out, notFinite, out::writeUTF);
        write(out, leftOut, out::writeUTF);
        out.writeUTF(failure);
        return bytes.toByteArray();
    }

    private static <T> void write(DataOutputStream out, List<T> values, Writer<T> writer)
            throws IOException {
        out.writeInt(values.size());
        for (T value : values) {
            writer.write(value);
        }
    }

    private static <T> void write(DataOutputStream out, Map<String, T> values, Writer<T> writer)
            throws IOException {
        out.writeInt(values.size());
        for (Map.Entry<String, T> value : values.entrySet()) {
            out.writeUTF(value.getKey());
            writer.write(value.getValue());
        }
    }

    /** Reads what {@link #toBytes} has made. */
    static WorkerReport of(byte[] bytes) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        return new WorkerReport(
                list(in, in::readUTF),
                map(in, in::readDouble),
                map(in, in::readLong),
                list(in, in::readUTF),
                list(in, in::readUTF),
                in.readUTF());
    }

    private static <T> List<T> list(DataInputStream in, Reader<T> reader) throws IOException {
        List<T> values = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            values.add(reader.read());
        }
        return values;
    }

    private static <T> Map<String, T> map(DataInputStream in, Reader<T> reader) throws IOException {
        Map<String, T> values = new LinkedHashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            values.put(in.readUTF(), reader.read());
        }
        return values;
    }
}
