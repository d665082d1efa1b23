package dev.fern.serve;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/** A client that sends bytes, be they HTTP or not. */
final class RawClient implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 30_000;

    private final Socket socket;

    RawClient(PredictionServer server) throws IOException {
        socket = new Socket("127.0.0.1", server.port());
        socket.setSoTimeout(PATIENCE_MILLIS);
    }

    /** {@return a request for a prediction, with its head} */
    static byte[] prediction(byte[] image) {
        byte[] head =
                ("POST /predictions/cells HTTP/1.1\r\nHost: x\r\nContent-Length: "
                                + image.length
                                + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(head);
        request.writeBytes(image);
        return request.toByteArray();
    }

    RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    /** Says that nothing more is sent. */
    RawClient end() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /**
     * {@return what comes until the server closes the connection; empty if it does so without an
     * answer}
     */
    String readAll() throws IOException {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        try {
            InputStream in = socket.getInputStream();
            in.transferTo(read);
        } catch (SocketException e) {
            // closed while this client still sent
        }
        return read.toString(StandardCharsets.UTF_8);
    }

    /** {@return what comes until it contains a text} */
    String readUntil(String text) throws IOException {
        StringBuilder read = new StringBuilder();
        while (read.indexOf(text) < 0) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new IOException("the connection ended after: " + read);
            }
            read.append((char) next);
        }
        return read.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
