package dev.fern.detection.worker;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.OptionalInt;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * How two workers make sure of each other before they exchange anything else. The one that connects
 * sends its rank and a random challenge; the other answers with one of its own and the
 * HMAC-SHA-256, keyed by the common secret, of both challenges and ranks; the first answers with
 * the HMAC for its own role. The secret itself is never sent, and an answer is good for one
 * connection and one role alone. What is sent later is neither encrypted nor signed.
 */
final class RingHandshake {

    /** Time that a connection has for its handshake. */
    static final int MOST_MILLIS = 5000;

    private static final int MAGIC = 0xFE52_0001;
    private static final int CHALLENGE_BYTES = 32;
    private static final int PROOF_BYTES = 32;
    private static final String ALGORITHM = "HmacSHA256";

    private final byte[] secret;
    private final int size;
    private final SecureRandom random = new SecureRandom();

    RingHandshake(byte[] secret, int size) {
        this.secret = secret.clone();
        this.size = size;
    }

    /**
     * Introduces a worker to the one that it has connected to.
     *
     * @param patience until when, by {@link System#nanoTime}, to wait for the last word of a worker
     *     that has shown who it is
     * @return whether that one is the worker that it should be
     */
    boolean introduce(Socket socket, int rank, int other, long patience) throws IOException {
        long deadline = deadline();
        byte[] own = challenge();
        socket.getOutputStream()
                .write(
                        ByteBuffer.allocate(2 * Integer.BYTES + CHALLENGE_BYTES)
                                .putInt(MAGIC)
                                .putInt(rank)
                                .put(own)
                                .array());
        byte[] theirs = read(socket, CHALLENGE_BYTES, deadline);
        byte[] proof = read(socket, PROOF_BYTES, deadline);
        if (!MessageDigest.isEqual(proof, proof("accepts", own, theirs, rank, other))) {
            return false;
        }
        socket.getOutputStream().write(proof("connects", own, theirs, rank, other));
        return read(socket, 1, Math.max(deadline, patience))[0] == 1;
    }

    /**
     * Receives a worker, or a stranger.
     *
     * @param rank of this worker
     * @return the rank of the worker that has connected; empty for a stranger
     */
    OptionalInt receive(Socket socket, int rank) throws IOException {
        long deadline = deadline();
        ByteBuffer hello =
                ByteBuffer.wrap(read(socket, 2 * Integer.BYTES + CHALLENGE_BYTES, deadline));
        if (hello.getInt() != MAGIC) {
            return OptionalInt.empty();
        }
        int other = hello.getInt();
        byte[] theirs = new byte[CHALLENGE_BYTES];
        hello.get(theirs);
        byte[] own = challenge();
        socket.getOutputStream()
                .write(
                        ByteBuffer.allocate(CHALLENGE_BYTES + PROOF_BYTES)
                                .put(own)
                                .put(proof("accepts", theirs, own, other, rank))
                                .array());
        byte[] proof = read(socket, PROOF_BYTES, deadline);
        if (!MessageDigest.isEqual(proof, proof("connects", theirs, own, other, rank))) {
            return OptionalInt.empty();
        }
        return OptionalInt.of(other);
    }

    /** Tells a worker that its connection is the one that is used. */
    static void accept(Socket socket) throws IOException {
        socket.getOutputStream().write(1);
    }

    private static long deadline() {
        return System.nanoTime() + MOST_MILLIS * 1_000_000L;
    }

    private byte[] challenge() {
        byte[] challenge = new byte[CHALLENGE_BYTES];
        random.nextBytes(challenge);
        return challenge;
    }

    private byte[] proof(String role, byte[] first, byte[] second, int connects, int accepts) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
            mac.update(("fern ring " + role).getBytes(StandardCharsets.US_ASCII));
            mac.update(first);
            mac.update(second);
            mac.update(
                    ByteBuffer.allocate(3 * Integer.BYTES)
                            .putInt(connects)
                            .putInt(accepts)
                            .putInt(size)
                            .array());
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    /** Reads so many bytes, however slowly they trickle in, until a deadline. */
    private static byte[] read(Socket socket, int count, long deadline) throws IOException {
        InputStream in = socket.getInputStream();
        byte[] bytes = new byte[count];
        for (int done = 0; done < count; ) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new SocketTimeoutException("no answer in time");
            }
            socket.setSoTimeout((int) left);
            int read = in.read(bytes, done, count - done);
            if (read < 0) {
                throw new EOFException("closed the connection");
            }
            done += read;
        }
        socket.setSoTimeout(0);
        return bytes;
    }
}
