package dev.fern.serve;

import dev.fern.detection.image.ImageReader;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * How a server listens and what it takes.
 *
 * @param host the address to listen on, such as {@code 127.0.0.1}
 * @param port 0 for any that is free
 * @param maxBatch images that pass the network together at most
 * @param maxDelayMillis for how long an image waits for others that could join it
 * @param queueLength requests that wait at most; more are answered with 503
 * @param maxBodyBytes of a request
 * @param reader decodes images, up to its number of pixels
 * @param timeoutSeconds for how long a request may wait for its turn, and a client may take to send
 *     it
 * @param token what clients must name as bearer token; empty for none
 * @param keyStore the key and certificate for TLS; empty for plain HTTP
 */
public record ServerOptions(
        String host,
        int port,
        int maxBatch,
        int maxDelayMillis,
        int queueLength,
        int maxBodyBytes,
        ImageReader reader,
        int timeoutSeconds,
        Optional<String> token,
        Optional<KeyStoreFile> keyStore) {

    /**
     * A key store.
     *
     * @param path of the file, PKCS12 or JKS
     * @param password of the file
     */
    public record KeyStoreFile(Path path, String password) {}

    /**
     * Checks the ranges.
     *
     * @param host not null; listening shows whether it can be used
     * @param port 0 to 65535
     * @param maxBatch 1 to 1024
     * @param maxDelayMillis 0 to 10,000
     * @param queueLength 1 to 100,000
     * @param maxBodyBytes 1 to 2^30
     * @param reader not null
     * @param timeoutSeconds 1 to 3600
     * @param token not empty, if there is one
     * @param keyStore is read when the server starts
     * @throws IllegalArgumentException naming the number that is out of its range
     */
    public ServerOptions {
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(reader, "reader");
        require("port", port, 0, 65535);
        require("max batch", maxBatch, 1, 1024);
        require("max delay", maxDelayMillis, 0, 10_000);
        require("queue length", queueLength, 1, 100_000);
        require("max body", maxBodyBytes, 1, 1 << 30);
        require("timeout", timeoutSeconds, 1, 3600);
        if (token.isPresent() && token.get().isEmpty()) {
            throw new IllegalArgumentException("the token is empty");
        }
    }

    private static void require(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    name + " must be " + least + " to " + most + ", not " + value);
        }
    }
}
