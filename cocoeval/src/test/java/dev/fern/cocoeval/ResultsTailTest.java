package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.fern.cocoeval.json.CocoFormatException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Large plain files are read by two threads; the same file packed is read by one. */
class ResultsTailTest {
    private static final int COUNT = 60_000;

    @TempDir Path folder;

    private static String box(int i) {
        Random random = new Random(i);
        return String.format(
                "{\"image_id\": %d, \"category_id\": %d, \"bbox\": [%d.5, 2, 3.25, %d], \"score\": 0.%05d}",
                i / 9,
                1 + i % 7,
                random.nextInt(500),
                1 + random.nextInt(90),
                random.nextInt(99_999));
    }

    private static String mask(int i) {
        return "{\"image_id\": "
                + i
                + ", \"category_id\": 1, \"segmentation\": {\"size\": [40, 30], \"counts\": \"_1:2M3\"},"
                + " \"score\": 0.5, \"note\": \"padding\"}";
    }

    private Path write(String name, String text, boolean packed) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream plain = Files.newOutputStream(file);
                OutputStream out = packed ? new GZIPOutputStream(plain) : plain) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }

    private static String array(IntFunction<String> record, String between) {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < COUNT; i++) {
            text.append(i == 0 ? "" : between).append(record.apply(i));
        }
        return text.append("]").toString();
    }

    private void requireSame(String text, IouType type) throws IOException {
        assertThat(text.length()).isGreaterThan(5_000_000);
        CocoResults two = CocoResults.read(write("plain.json", text, false), type);
        CocoResults one = CocoResults.read(write("packed.json", text, true), type);
        assertThat(two.size()).isEqualTo(one.size());
        for (int i = 0; i < one.size(); i++) {
            assertThat(two.get(i)).isEqualTo(one.get(i));
        }
    }

    private void requireSameRefusal(String text) throws IOException {
        assertThat(text.length()).isGreaterThan(5_000_000);
        assertThat(refusal(write("plain.json", text, false)))
                .isEqualTo(refusal(write("packed.json", text, true)));
    }

    private static String refusal(Path file) {
        CocoFormatException refusal =
                catchThrowableOfType(CocoFormatException.class, () -> CocoResults.read(file));
        assertThat(refusal).isNotNull();
        return refusal.getMessage().replace(file.toString(), "FILE");
    }

    @ParameterizedTest
    @EnumSource(
            value = IouType.class,
            names = {"BOX", "SEGM"})
    void bothHalvesTogetherAreTheFile(IouType type) throws IOException {
        requireSame(array(ResultsTailTest::box, ", "), type);
        requireSame(array(ResultsTailTest::mask, "\n,\r\n\t "), type);
    }

    @Test
    void aMiddleThatOnlyLooksLikeTheStartOfARecordIsNone() throws IOException {
        String trap = "\"note\": \"" + "},{".repeat(100_000) + "\", ";
        requireSame(
                array(i -> i == COUNT / 2 ? box(i).replace("{", "{" + trap) : box(i), ","),
                IouType.BOX);
        String nested = "\"note\": [" + "{}, ".repeat(100_000) + "{}], ";
        requireSame(
                array(i -> i == COUNT / 2 ? box(i).replace("{", "{" + nested) : box(i), ","),
                IouType.BOX);
    }

    @Test
    void whatIsUnusualInTheSecondHalfIsReadAsEver() throws IOException {
        int late = COUNT - 5;
        requireSame(
                array(
                        i ->
                                i == late
                                        ? box(i).replace("\"image_id\": ", "\"image_id\": \"x")
                                                .replace(", \"category", "\", \"category")
                                        : box(i),
                        ","),
                IouType.BOX);
        requireSame(
                array(
                        i -> i == late ? box(i).replace("0.", "\"0.").replace("}", "\"}") : box(i),
                        ","),
                IouType.BOX);
        requireSame(
                array(
                        i ->
                                i > COUNT / 2
                                        ? mask(i).replace(
                                                        "{\"image",
                                                        "{\"bbox\": [1, 2, 3, 4], \"image")
                                        : box(i),
                        ","),
                IouType.BOX);
    }

    @Test
    void whatIsWrongInTheSecondHalfIsToldWithItsPlace() throws IOException {
        int late = COUNT - 5;
        requireSameRefusal(array(i -> i == late ? box(i).replace("bbox", "box") : box(i), ","));
        requireSameRefusal(array(i -> i == late ? "7" : box(i), ","));
        requireSameRefusal(array(i -> i == late ? box(i).replace("]", "") : box(i), ","));
        requireSameRefusal(array(ResultsTailTest::box, ",").replaceFirst("]$", ""));
        requireSameRefusal(array(ResultsTailTest::box, ",") + "]");
    }
}
