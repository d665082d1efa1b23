package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.cocoeval.json.CocoFormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/** Damages files at random, and tells what a refusal of them must look like. */
final class FileDamage {
    private static final String[] SPLICES = {
        "NaN",
        "-Infinity",
        "1e999",
        "-1e-999",
        "null",
        "true",
        "\"\"",
        "{}",
        "[]",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\"",
        "\\",
        "\\u0000",
        "\\ud800",
        "-",
        "0",
        "00",
        "1.",
        "9223372036854775808",
        "-9223372036854775809",
        "1".repeat(5000),
        "0." + "3".repeat(5000),
        "[".repeat(2000),
        "{\"a\":".repeat(2000),
        "\"id\":",
        "\"bbox\":",
        "\"images\":",
        "\"categories\":",
        "\"annotations\":",
        "\"image_id\":",
        "\"score\":",
        "\"iscrowd\":",
        "\"area\":",
        "\ufeff",
        "\u0000",
        " ".repeat(500),
        "é",
        "😀",
        "\n",
        "/**/",
        "2.0",
        "1e3",
        "[1,2,3,4]",
        "\"" + "x".repeat(5000) + "\"",
        "\"maxDets\":",
        "\"areaRng\":",
        "\"recThrs\":",
        "\"segmentation\":",
        "\"counts\":",
        "\"size\":",
        "\"keypoints\":",
        "\"num_keypoints\":",
        "4294967295",
        "4294967296",
        "-1",
        "1e30,",
        "[[1,2,3,4,5,6]]",
        "{\"size\":[4,4],\"counts\":[1,2,3]}",
        "oooooooooooooooooooo",
        "0000"
    };

    private FileDamage() {}

    /** Asks a refusal to be one line that names file and place. */
    static void assertOneLine(CocoFormatException e, String... files) {
        assertThat(e.getMessage()).hasSizeLessThan(600);
        assertThat(files).anyMatch(e.getMessage()::contains);
        assertThat(e.getMessage().lines()).hasSize(1);
        assertThat(e.offset() >= 0 || !e.path().isEmpty() || isOfTheWholeDocument(e))
                .as(e.getMessage())
                .isTrue();
    }

    private static boolean isOfTheWholeDocument(CocoFormatException e) {
        return Stream.of(
                        "has no \"",
                        "holds no detection",
                        "\" is empty",
                        "maxDets is empty",
                        "of several kinds",
                        "can't be read")
                .anyMatch(e.getMessage()::contains);
    }

    static byte[] damaged(byte[] sound, Random random) throws IOException {
        boolean packed = random.nextInt(8) == 0;
        byte[] bytes = sound;
        if (packed && random.nextBoolean()) {
            return damage(gzip(bytes), random);
        }
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            bytes = damage(bytes, random);
        }
        return packed ? gzip(bytes) : bytes;
    }

    private static byte[] damage(byte[] bytes, Random random) {
        int at = random.nextInt(bytes.length + 1);
        int to = Math.min(bytes.length, at + random.nextInt(30));
        byte[] insert =
                switch (random.nextInt(6)) {
                    case 0 -> new byte[] {(byte) random.nextInt(256)};
                    case 1 -> new byte[0];
                    case 2 -> Arrays.copyOfRange(bytes, random.nextInt(at + 1), at);
                    case 3 -> {
                        to = bytes.length;
                        yield new byte[0];
                    }
                    default ->
                            SPLICES[random.nextInt(SPLICES.length)].getBytes(
                                    StandardCharsets.UTF_8);
                };
        if (random.nextBoolean() && to < bytes.length) {
            to = at;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(bytes, 0, at);
        out.writeBytes(insert);
        out.write(bytes, to, bytes.length - to);
        return out.toByteArray();
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }
}
