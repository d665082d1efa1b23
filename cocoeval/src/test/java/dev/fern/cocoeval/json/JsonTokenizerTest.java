package dev.fern.cocoeval.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTokenizerTest {
    private static JsonTokenizer tokenizer(byte[] bytes) {
        // hands out one byte at a time, so that every token crosses the end of the buffer
        InputStream in =
                new FilterInputStream(new ByteArrayInputStream(bytes)) {
                    @Override
                    public int read(byte[] b, int from, int count) throws java.io.IOException {
                        return super.read(b, from, Math.min(count, 1));
                    }
                };
        return new JsonTokenizer("f", in);
    }

    private static JsonTokenizer tokenizer(String json) {
        return tokenizer(json.getBytes(StandardCharsets.UTF_8));
    }

    private static Object only(String json) throws CocoFormatException {
        JsonTokenizer in = tokenizer(json);
        Object value = in.readValue();
        in.endDocument();
        return value;
    }

    @Test
    void readsValuesOfEveryKind() throws CocoFormatException {
        assertThat(only(" true\n")).isEqualTo(true);
        assertThat(only("false")).isEqualTo(false);
        assertThat(only("null")).isEqualTo(JsonTokenizer.Other.NULL);
        assertThat(only("[[{\"a\": [1, {}]}], 2]")).isEqualTo(JsonTokenizer.Other.ARRAY);
        assertThat(only("{\"a\": {\"b\": \"]\"}}")).isEqualTo(JsonTokenizer.Other.OBJECT);
        assertThat(only("-9223372036854775808")).isEqualTo(Long.MIN_VALUE);
        assertThat(only("9223372036854775808")).isEqualTo(BigInteger.TWO.pow(63));
        assertThat(only("-0")).isEqualTo(0L);
        assertThat(only("-0.0")).isEqualTo(-0.0);
        assertThat(only("1.0")).isEqualTo(1.0);
        assertThat(only("NaN")).isEqualTo(Double.NaN);
        assertThat(only("Infinity")).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(only("-Infinity")).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(only("1e400")).isEqualTo(Double.POSITIVE_INFINITY);
        assertThat(only("\"\\ud83d\\ude00 \\n\\\" é€😀\"")).isEqualTo("😀 \n\" é€😀");
    }

    @Test
    void readsTheNearestDoubleOfEveryNumber() throws CocoFormatException {
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            double number =
                    switch (i % 4) {
                        case 0 -> Double.longBitsToDouble(random.nextLong());
                        case 1 -> random.nextDouble();
                        case 2 -> random.nextInt(100_000) / 100.0;
                        default -> random.nextFloat() * 1000;
                    };
            if (Double.isFinite(number)) {
                assertThat(tokenizer(Double.toString(number)).readDouble()).isEqualTo(number);
            }
        }
        // halfway between two doubles, and a hair above, by digits beyond what a long holds
        assertThat(tokenizer("9007199254740993").readDouble()).isEqualTo(9007199254740992.0);
        assertThat(tokenizer("9007199254740993.00000000000000001").readDouble())
                .isEqualTo(9007199254740994.0);
        assertThat(tokenizer("0.000000000000000000000000000000000000001e39").readDouble())
                .isEqualTo(1.0);
        assertThat(tokenizer("100000000000000000000000e-23").readDouble()).isEqualTo(1.0);
        // zeros in front don't count as digits, and 2^64 is 0 in a long
        assertThat(tokenizer("0.00000000000000000012345").readDouble()).isEqualTo(1.2345e-19);
        assertThat(tokenizer("0.1844674407370955161600000").readDouble())
                .isEqualTo(0.18446744073709551616);
        assertThat(tokenizer("1.8446744073709551616000").readDouble())
                .isEqualTo(1.8446744073709551616);
    }

    @Test
    void readsShortIntegersAndLeavesAllElse() throws CocoFormatException {
        for (long integer : new long[] {0, -1, 139, 999_999_999_999_999_999L}) {
            assertThat(tokenizer(" " + integer).readShortInteger(-7)).isEqualTo(integer);
        }
        for (String other :
                new String[] {"1000000000000000000", "1.0", "1e3", "NaN", "-Infinity", "\"5\""}) {
            JsonTokenizer in = tokenizer(other);
            assertThat(in.readShortInteger(-7)).isEqualTo(-7);
            assertThat(in.readValue()).isEqualTo(only(other));
        }
        assertThatThrownBy(
                        () -> {
                            JsonTokenizer in = tokenizer("-a");
                            in.readShortInteger(-7);
                            in.readValue();
                        })
                .isInstanceOf(CocoFormatException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "01",
                "+1",
                ".5",
                "1.",
                "1e",
                "1e+",
                "-",
                "--1",
                "-a",
                "0x10",
                "1_000",
                "nul",
                "nan",
                "-NaN",
                "Inf",
                "True",
                "'a'",
                "\"a",
                "\"\\x\"",
                "\"\\u12g4\"",
                "\"\t\"",
                "[1,]",
                "[,1]",
                "[1 2]",
                "[1",
                "]",
                "{\"a\":1,}",
                "{\"a\" 1}",
                "{a:1}",
                "{1:1}",
                "{\"a\":}",
                "{\"a\"}",
                "[1}",
                "{\"a\":1]",
                "1 2",
                "// c\n1",
                "/* c */ 1",
                "[1]]",
                "\ufeff1",
                "\u00a01"
            })
    void refusesWhatPythonRefuses(String json) {
        assertThatThrownBy(() -> only(json)).isInstanceOf(CocoFormatException.class);
    }

    @Test
    void refusesBytesThatAreNoUtf8() {
        int[][] wrong = {
            {0x80},
            {0xc0, 0x80},
            {0xc3},
            {0xe0, 0x80, 0x80},
            {0xed, 0xa0, 0x80},
            {0xff},
            {0xf0, 0x80, 0x80, 0x80},
            {0xf4, 0x90, 0x80, 0x80},
            {0xf8, 0x88, 0x80, 0x80, 0x80}
        };
        for (int[] sequence : wrong) {
            byte[] json = new byte[sequence.length + 2];
            json[0] = '"';
            json[json.length - 1] = '"';
            for (int i = 0; i < sequence.length; i++) {
                json[i + 1] = (byte) sequence[i];
            }
            assertThatThrownBy(() -> tokenizer(json).readValue())
                    .isInstanceOf(CocoFormatException.class)
                    .hasMessageContaining("UTF-8");
        }
    }

    @Test
    void refusesToNestWithoutEnd() throws CocoFormatException {
        only("[".repeat(900) + "]".repeat(900));
        for (String opening : new String[] {"[", "{\"a\":"}) {
            assertThatThrownBy(() -> only(opening.repeat(100_000)))
                    .isInstanceOf(CocoFormatException.class)
                    .hasMessageContaining("nested deeper");
        }
    }

    @Test
    void refusesIntegersLongerThanPythonTakes() throws CocoFormatException {
        only("1".repeat(4300));
        assertThatThrownBy(() -> only("1".repeat(4301))).isInstanceOf(CocoFormatException.class);
        assertThat(only("1".repeat(5000) + ".0")).isEqualTo(Double.POSITIVE_INFINITY);
    }
}
