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

    private static final int HEAD_BYTES = 32;

    private static final Set<String> STILL_BRANDS =
            Set.of("heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1");

    private static final Set<String> AVIF_BRANDS = Set.of("avif", "avis");

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
            return new String(in.readNBytes(HEAD_BYTES), StandardCharsets.ISO_8859_1);
        }
    }

    private static FileKind ofHead(String head) {
        if (head.startsWith("ftyp", 4) && head.length() >= 12) {
            String brand = head.substring(8, 12);
            return STILL_BRANDS.contains(brand) ? HEIC : AVIF_BRANDS.contains(brand) ? AVIF : VIDEO;
        }
        if (head.startsWith("\0\0\0\fjP  ") || head.startsWith("\u00ffO\u00ffQ")) {
            return JPEG_2000;
        }
        if (head.startsWith("\0\0\0\fJXL ") || head.startsWith("\u00ff\n")) {
            return JPEG_XL;
        }
        if (head.startsWith("8BPS")) {
            return PSD;
        }
        boolean isVideo =
                head.startsWith("RIFF") && head.startsWith("AVI ", 8)
                        || head.startsWith("\u001aE\u00df\u00a3") // Matroska and WebM
                        || head.startsWith("FLV\u0001")
                        || head.startsWith("\0\0\u0001\u00ba") // MPEG program stream
                        || head.startsWith("0&\u00b2u\u008ef\u00cf\u0011") // Windows Media
                        || head.startsWith("OggS");
        return isVideo ? VIDEO : OTHER;
    }
}
