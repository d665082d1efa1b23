package dev.fern.detection.image;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Where the bytes of an encoded image are: in a file, or wherever a program keeps them, such as a
 * row of a database. They are read anew whenever the image is needed, several images at a time.
 */
public sealed interface ImageSource {

    /** {@return what messages call the image, such as the path of its file} */
    String name();

    /**
     * An image file.
     *
     * @param path of the file
     */
    record File(Path path) implements ImageSource {

        /**
         * Checks that there is a path.
         *
         * @param path of the file
         */
        public File {
            Objects.requireNonNull(path, "path");
        }

        @Override
        public String name() {
            return path.toString();
        }
    }

    /** Opens the bytes of an image. */
    @FunctionalInterface
    interface Opening {

        /**
         * Opens the bytes from their start. Several threads may call this at the same time.
         *
         * @return the bytes of a whole image file, which the caller closes; null if there is no
         *     such image
         * @throws java.nio.file.NoSuchFileException if there is no such image
         * @throws Exception if the bytes can't be had through no fault of the image, as when a
         *     connection is lost
         */
        InputStream open() throws Exception;
    }

    /** Hands over the bytes of an image. */
    @FunctionalInterface
    interface Bytes {

        /**
         * Fetches the bytes. Several threads may call this at the same time.
         *
         * @return the bytes of a whole image file; null if there is no such image
         * @throws java.nio.file.NoSuchFileException if there is no such image
         * @throws Exception if the bytes can't be had through no fault of the image, as when a
         *     connection is lost
         */
        byte[] get() throws Exception;
    }

    /**
     * An image whose bytes come as a stream.
     *
     * @param name what messages call it
     * @param opening opens the stream
     */
    record Stream(String name, Opening opening) implements ImageSource {

        /**
         * Checks that nothing is missing.
         *
         * @param name what messages call it
         * @param opening opens the stream
         */
        public Stream {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(opening, "opening");
        }
    }

    /**
     * {@return an image file}
     *
     * @param path of the file
     */
    static ImageSource of(Path path) {
        return new File(path);
    }

    /**
     * Returns an image whose bytes a program has as an array.
     *
     * @param name what messages call it
     * @param bytes fetches the array, which is copied
     * @return the image
     */
    static ImageSource ofBytes(String name, Bytes bytes) {
        Objects.requireNonNull(bytes, "bytes");
        return new Stream(
                name,
                () -> {
                    byte[] array = bytes.get();
                    return array == null ? null : new ByteArrayInputStream(array);
                });
    }
}
