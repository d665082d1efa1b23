package dev.fern.tools.detect;

import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.video.FrameSource;
import dev.fern.detection.video.Videos;
import dev.fern.tools.input.InputImages;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Standard input, a pipe, a device or a video file. What is no file holds one image, unless it
 * begins as an AVI video does or is said to be a stream.
 *
 * @param path where it is; {@link InputImages#STANDARD_INPUT} for standard input
 * @param isStream whether it is said to be a stream of JPEG images
 */
record OneTimeInput(Path path, boolean isStream) {

    private static final int SIGNATURE_BYTES = 12;

    /** The largest image that is taken from a pipe, in bytes. */
    private static final int MOST_BYTES = 1 << 29;

    /** What is done with an image. */
    interface ImageUse {
        void accept(BgrImage image) throws IOException;
    }

    /** What is done with a video. */
    interface VideoUse {
        void accept(FrameSource frames) throws IOException;
    }

    /**
     * Opens the input and hands it over.
     *
     * @throws IOException if it can't be used
     */
    void open(ImageReader reader, ImageUse image, VideoUse video) throws IOException {
        boolean isFile = Files.isRegularFile(path);
        if (isFile
                || path.startsWith("/dev") && path.getFileName().toString().startsWith("video")) {
            try (FrameSource frames = Videos.open(path, reader)) {
                video.accept(frames);
            }
            return;
        }
        try (InputStream in = new BufferedInputStream(stream())) {
            in.mark(SIGNATURE_BYTES);
            String signature =
                    new String(in.readNBytes(SIGNATURE_BYTES), StandardCharsets.ISO_8859_1);
            in.reset();
            if (isStream || signature.startsWith("RIFF") && signature.endsWith("AVI ")) {
                try (FrameSource frames = Videos.open(in, path.toString(), reader)) {
                    video.accept(frames);
                }
            } else {
                useImage(in, reader, image);
            }
        }
    }

    private InputStream stream() throws IOException {
        return path.equals(InputImages.STANDARD_INPUT) ? System.in : Files.newInputStream(path);
    }

    private void useImage(InputStream in, ImageReader reader, ImageUse use) throws IOException {
        Path temporary = Files.createTempFile("fern-image", ".tmp");
        try {
            byte[] bytes = in.readNBytes(MOST_BYTES);
            if (bytes.length == MOST_BYTES) {
                throw new ImageReadException(path, "has more than " + MOST_BYTES + " bytes");
            }
            Files.write(temporary, bytes);
            try (BgrImage image = read(reader, temporary)) {
                use.accept(image);
            }
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private BgrImage read(ImageReader reader, Path temporary) throws IOException {
        try {
            return reader.read(temporary);
        } catch (ImageReadException e) {
            throw new ImageReadException(path, e.getMessage().replace(temporary + ": ", ""), e);
        }
    }
}
