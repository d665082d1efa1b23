package dev.fern.detection.model;

import ai.djl.modality.cv.Image;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSource;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Objects;

/** An image in any of the forms that a {@link Detector} takes, read when its turn comes. */
@FunctionalInterface
public interface DetectorInput {

    /** What messages call an image that has no name. */
    String NAMELESS = "the image";

    /**
     * Makes the pixels.
     *
     * @param reader decodes images that are files or the bytes of files
     * @return the image, which the caller closes
     * @throws IOException naming the image if it can't be read
     */
    BgrImage read(ImageReader reader) throws IOException;

    /** {@return what messages call the image} */
    default String name() {
        return NAMELESS;
    }

    /**
     * {@return an encoded image, such as a file or the row of a database}
     *
     * @param source where its bytes are
     */
    static DetectorInput of(ImageSource source) {
        Objects.requireNonNull(source, "source");
        return new DetectorInput() {
            @Override
            public BgrImage read(ImageReader reader) throws IOException {
                return reader.read(source);
            }

            @Override
            public String name() {
                return source.name();
            }
        };
    }

    /**
     * {@return an image file}
     *
     * @param file JPEG, PNG or another format that {@link ImageReader} reads
     */
    static DetectorInput of(Path file) {
        return of(ImageSource.of(file));
    }

    /**
     * {@return the bytes of an image file}
     *
     * @param bytes of the whole file; nobody may change them meanwhile
     */
    static DetectorInput of(byte[] bytes) {
        Objects.requireNonNull(bytes, "bytes");
        return of(new ImageSource.Stream(NAMELESS, () -> new ByteArrayInputStream(bytes)));
    }

    /**
     * {@return the bytes of an image file that come as a stream}
     *
     * @param stream is read to its end and closed, once
     */
    static DetectorInput of(InputStream stream) {
        Objects.requireNonNull(stream, "stream");
        return of(new ImageSource.Stream(NAMELESS, () -> stream));
    }

    /**
     * {@return an image of Java's}
     *
     * @param image of any type, read as {@link BgrImage#of(BufferedImage)} does
     */
    static DetectorInput of(BufferedImage image) {
        Objects.requireNonNull(image, "image");
        return reader -> BgrImage.of(image);
    }

    /**
     * {@return an image of DJL's}
     *
     * @param image of any factory
     */
    static DetectorInput of(Image image) {
        Objects.requireNonNull(image, "image");
        return image.getWrappedImage() instanceof BufferedImage wrapped
                ? of(wrapped)
                : reader -> {
                    // The one form without loss that every factory offers without an engine.
                    ByteArrayOutputStream png = new ByteArrayOutputStream();
                    image.save(png, "png");
                    return of(png.toByteArray()).read(reader);
                };
    }

    /**
     * {@return an image of Fern's}
     *
     * @param image stays the caller's, who closes it after the detection
     */
    static DetectorInput of(BgrImage image) {
        Objects.requireNonNull(image, "image");
        return reader -> image.crop(0, 0, image.width(), image.height());
    }
}
