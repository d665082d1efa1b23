package dev.fern.cocoeval.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Utf8InputTest {
    /** Longer than any buffer, so that pairs of surrogates lie across the ends of buffers. */
    private static final String TEXT = "aé\u4f60" + "😀".repeat(40_000) + "z";

    @TempDir Path folder;

    private String read(byte[] document) throws IOException {
        try (JsonTokenizer in =
                CompressedInput.tokenizer(Files.write(folder.resolve("d.json"), document))) {
            in.beginArray();
            in.nextElement();
            String text = (String) in.readValue();
            in.nextElement();
            in.endDocument();
            return text;
        }
    }

    private static byte[] encoded(String charset, boolean marked) {
        String document = "[\"" + TEXT + "\"]\n";
        return ((marked ? "\ufeff" : "") + document).getBytes(Charset.forName(charset));
    }

    @ParameterizedTest
    @CsvSource({
        "UTF-8, true", "UTF-8, false",
        "UTF-16LE, true", "UTF-16LE, false",
        "UTF-16BE, true", "UTF-16BE, false",
        "UTF-32LE, true", "UTF-32LE, false",
        "UTF-32BE, true", "UTF-32BE, false"
    })
    void everyEncodingOfUnicodeIsReadWithAndWithoutAMark(String charset, boolean marked)
            throws IOException {
        assertThat(read(encoded(charset, marked))).isEqualTo(TEXT);
    }

    @Test
    void aCompressedFileMayBeUtf16() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(encoded("UTF-16LE", true));
        }
        assertThat(read(packed.toByteArray())).isEqualTo(TEXT);
    }

    @Test
    void brokenUtf16IsRefused() {
        byte[] cut = "\ufeff[\"a\"]x".getBytes(StandardCharsets.UTF_16LE);
        cut[cut.length - 1] = (byte) 0xd8; // half of a surrogate pair
        assertThatThrownBy(() -> read(cut))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining("not valid UTF-16LE");
    }

    @Test
    void latin1IsRefusedWithTheMend() {
        byte[] latin1 = "[\"K\u00e4tzchen\"]".getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> read(latin1))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining("not valid UTF-8; save the file as UTF-8");
    }

    @ParameterizedTest
    @CsvSource({"''", "[", "[\"a"})
    void veryShortDocumentsEndTooEarly(String document) {
        assertThatThrownBy(() -> read(document.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(CocoFormatException.class);
    }
}
