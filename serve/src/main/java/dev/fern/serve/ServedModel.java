package dev.fern.serve;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageTransform;
import dev.fern.detection.image.PixelBuffers;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * A model under a name, with the detector that its directory held when it was last looked at. A
 * directory that has changed is loaded beside the old one, which answers until the new one is
 * ready, and what it has begun. Thread-safe.
 */
final class ServedModel implements AutoCloseable {

    private static final int DIGEST_CHARACTERS = 12;

    private final String name;
    private final Path directory;
    private final Loading loading;
    private Loaded current;

    /** The files as they were when they were last read, by {@link #refresh} alone. */
    private Object seen;

    /** Loads a model directory. */
    @FunctionalInterface
    interface Loading {
        /** {@return the detector, with what passes images through it} */
        Batched load(Path directory) throws IOException;
    }

    /** A detector with its batcher. */
    record Batched(Detector detector, Batcher batcher) {}

    /** One state of the directory, kept until nobody uses it any more. */
    static final class Loaded {
        private final String version;
        private final Batched model;
        private final ImageTransform transform;
        private int users = 1; // the model itself

        private Loaded(String version, Batched model) {
            this.version = version;
            this.model = model;
            transform = new ImageTransform(configuration().normalization());
        }

        /** {@return the first characters of the SHA-256 of the model's files} */
        String version() {
            return version;
        }

        DetectorConfiguration configuration() {
            return model.detector.configuration();
        }

        List<CocoCategory> categories() {
            return configuration().categories();
        }

        /**
         * {@return what is found in an image, by falling score}
         *
         * @param patienceNanos for how long the image may wait until the network is free
         */
        List<Detection> detect(BgrImage image, long patienceNanos)
                throws InterruptedException, TimeoutException {
            Canvas canvas = configuration().canvas().canvas(image.width(), image.height());
            ByteBuffer data =
                    PixelBuffers.take(
                            Math.multiplyExact(ImageTransform.length(canvas), Float.BYTES));
            try {
                FloatBuffer pixels = data.asFloatBuffer();
                transform.write(image, canvas, pixels, 0);
                return model.batcher.detect(pixels, canvas, patienceNanos);
            } finally {
                PixelBuffers.giveBack(data);
            }
        }

        private synchronized void add() {
            users++;
        }

        /** Gives the model back; the last one closes it. */
        synchronized void release() {
            if (--users == 0) {
                model.detector.close();
            }
        }
    }

    private ServedModel(String name, Path directory, Loading loading, Loaded current) {
        this.name = name;
        this.directory = directory;
        this.loading = loading;
        this.current = current;
    }

    /**
     * Loads a model.
     *
     * @throws IOException naming the file of the model that can't be used
     */
    static ServedModel load(String name, Path directory, Loading loading) throws IOException {
        String version = digest(directory);
        return new ServedModel(
                name, directory, loading, new Loaded(version, loading.load(directory)));
    }

    String name() {
        return name;
    }

    Path directory() {
        return directory;
    }

    /** {@return the model as it is now, which the caller releases} */
    synchronized Loaded use() {
        current.add();
        return current;
    }

    /**
     * Loads the directory anew if its files have changed.
     *
     * @return whether it did
     * @throws IOException if the files can't be used; the old model goes on
     */
    boolean refresh() throws IOException {
        Object stamp = stamp(directory);
        if (stamp.equals(seen)) {
            return false; // read before, be it in vain
        }
        seen = stamp;
        String version = digest(directory);
        synchronized (this) {
            if (version.equals(current.version)) {
                return false;
            }
        }
        Batched model = loading.load(directory);
        if (!digest(directory).equals(version)) {
            model.detector.close();
            seen = null;
            return false; // it was being written; the next look finds it whole
        }
        Loaded old;
        synchronized (this) {
            old = current;
            current = new Loaded(version, model);
        }
        old.release();
        return true;
    }

    /** Returns what changes when the files do, without reading them. */
    private static Object stamp(Path directory) throws IOException {
        List<Object> stamp = new ArrayList<>();
        for (Path file : ModelDirectory.files(directory)) {
            stamp.add(
                    Files.exists(file)
                            ? Files.readAttributes(
                                    file, "size,lastModifiedTime,creationTime,fileKey")
                            : "missing");
        }
        return stamp;
    }

    private static String digest(Path directory) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
        for (Path file : ModelDirectory.files(directory)) {
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(OutputStream.nullOutputStream());
            } catch (NoSuchFileException e) {
                throw new NoSuchFileException(
                        file.toString(), null, "not a model directory: it lacks this file");
            }
        }
        return HexFormat.of().formatHex(digest.digest()).substring(0, DIGEST_CHARACTERS);
    }

    /** Closes the model once nobody uses it. */
    @Override
    public synchronized void close() {
        current.release();
    }
}
