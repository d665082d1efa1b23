package dev.fern.tools.input;

import dev.fern.detection.image.ImageFormat;
import dev.fern.detection.image.ImageSignature;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;

/** What a file is, by its first bytes or, for images, also by its name. */
public enum FileKind {
    /** An image of a format that is read, or a file whose name says so. */
    IMAGE("image"),
    /** A video, whether its coding is read here or not. */
    VIDEO("video"),
    /** HEIC or HEIF, as telephones of Apple write it. */
    HEIC("HEIC"),
    /** AVIF. */
    AVIF("AVIF"),
    /** JPEG 2000, as a file or as a bare code stream. */
    JPEG_2000("JPEG 2000"),
    /** JPEG XL, as a file or as a bare code stream. */
    JPEG_XL("JPEG XL"),
    /** A document of Adobe Photoshop. */
    PSD("Photoshop"),
    /** Anything else. */
    OTHER("no image");

    /** Bare Motion JPEG begins as an image does. */
    private static final Set<String> JPEG_VIDEOS = Set.of("mjpg", "mjpeg");

    private final String title;

    FileKind(String title) {
        this.title = title;
    }

    /** {@return what a user calls files of this kind} */
    public String title() {
        return title;
    }

    /**
     * Returns the kind of a file.
     *
     * @param file a regular file
     * @return its kind
     * @throws IOException if it can't be read
     */
    public static FileKind of(Path file) throws IOException {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (JPEG_VIDEOS.contains(name.substring(name.lastIndexOf('.') + 1))) {
            return VIDEO;
        }
        if (ImageFormat.isImageName(file) || ImageSignature.of(file).isPresent()) {
            return IMAGE;
        }
        return ofHead(head(file));
    }

    /**
     * Returns whether a file is a video, by its first bytes or by a name such as {@code cam.mjpg}.
     *
     * @param file any path
     * @return whether it is one; true of devices
     * @throws IOException if it can't be read
     */
    public static boolean isVideo(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return Files.exists(file) && !Files.isDirectory(file);
        }
        return !ImageFormat.isImageName(file) && of(file) == VIDEO;
    }

    private static String head(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(
                    in.readNBytes(ImageSignature.HEAD_BYTES), StandardCharsets.ISO_8859_1);
        }
    }

    private static FileKind ofHead(String head) {
        switch (ImageSignature.unread(head).orElse("")) {
            case "HEIC", "HEIF" -> {
                return HEIC;
            }
            case "AVIF" -> {
                return AVIF;
            }
            case "JPEG 2000" -> {
                return JPEG_2000;
            }
            case "JPEG XL" -> {
                return JPEG_XL;
            }
            case "Photoshop" -> {
                return PSD;
            }
            default -> {
                return isVideo(head) ? VIDEO : OTHER;
            }
        }
    }

    private static boolean isVideo(String head) {
        return head.startsWith("ftyp", 4) && head.length() >= 12 // MP4 and QuickTime
                || head.startsWith("RIFF") && head.startsWith("AVI ", 8)
                || head.startsWith("\u001aE\u00df\u00a3") // Matroska and WebM
                || head.startsWith("FLV\u0001")
                || head.startsWith("\0\0\u0001\u00ba") // MPEG program stream
                || head.startsWith("0&\u00b2u\u008ef\u00cf\u0011") // Windows Media
                || head.startsWith("OggS");
    }
}
