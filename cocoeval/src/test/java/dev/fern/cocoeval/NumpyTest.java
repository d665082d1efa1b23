package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.cocoeval.numpy.NumpyArchive;
import dev.fern.cocoeval.numpy.NumpySum;
import dev.fern.cocoeval.numpy.ScoreOrder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What numpy does, with expected values that numpy 2.4.6 printed. */
class NumpyTest {
    @ParameterizedTest
    @CsvSource({
        "7, 2.5928571428571425",
        "8, 2.7178571428571425",
        "15, 3.3182289932289937",
        "100, 5.187377517639621",
        "128, 5.433147092589173",
        "129, 5.440899030573669",
        "1000, 7.485470860550345",
        "12345, 9.998262568361625"
    })
    void theSumOfInversesIsNumpysToTheLastBit(int count, double sum) {
        double[] inverses = IntStream.rangeClosed(1, count).mapToDouble(i -> 1.0 / i).toArray();
        assertThat(NumpySum.sum(inverses, 0, count)).isEqualTo(sum);
        assertThat(NumpySum.mean(inverses, count)).isEqualTo(sum / count);
    }

    @Test
    void linspaceHasNumpysRounding() {
        assertThat(EvaluationParameters.linspace(.5, .95, 10))
                .containsExactly(
                        0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95);
        assertThat(EvaluationParameters.linspace(0, 1, 101))
                .contains(0.35000000000000003, 0.47000000000000003, 0.5700000000000001)
                .contains(0.29, 0.58, 0.9500000000000001, 1.0)
                .hasSize(101);
    }

    @Test
    void scoresAreSortedStablyWithNanLast() {
        Random random = new Random(1);
        for (int size : new int[] {0, 1, 7, 8, 9, 100, 127, 128, 1000, 100_000}) {
            double[] scores = new double[size];
            List<Integer> expected = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                int level = random.nextInt(6);
                scores[i] =
                        switch (level) {
                            case 0 -> Double.NaN;
                            case 1 -> -0.0;
                            case 2 ->
                                    random.nextGaussian() * Math.pow(10, random.nextInt(600) - 300);
                            case 3 ->
                                    random.nextBoolean()
                                            ? Double.POSITIVE_INFINITY
                                            : Double.NEGATIVE_INFINITY;
                            default -> level - 4;
                        };
                expected.add(i);
            }
            // -NaN and -0.0 compared as numbers
            expected.sort(
                    (a, b) -> {
                        boolean less = scores[a] > scores[b];
                        boolean more = scores[a] < scores[b];
                        int nan = Boolean.compare(Double.isNaN(scores[a]), Double.isNaN(scores[b]));
                        return nan != 0 ? nan : less ? -1 : more ? 1 : 0;
                    });
            int[] order = IntStream.range(0, size).toArray();
            ScoreOrder.sort(order, 0, size, scores, new int[size]);
            assertThat(order).isEqualTo(expected.stream().mapToInt(Integer::intValue).toArray());
        }
    }

    @Test
    void archivesHoldLittleEndianArraysBehindAnAlignedHeader(@TempDir Path folder)
            throws IOException {
        double[] values = IntStream.range(0, 20_000).mapToDouble(i -> i / 7.0).toArray();
        Path file = folder.resolve("a.npz");
        try (OutputStream out = Files.newOutputStream(file)) {
            NumpyArchive.write(
                    out, Map.of("recall", new NumpyArchive.Array(new int[] {2, 10_000}, values)));
        }
        try (ZipFile zip = new ZipFile(file.toFile())) {
            ZipEntry entry = zip.getEntry("recall.npy");
            ByteBuffer bytes =
                    ByteBuffer.wrap(zip.getInputStream(entry).readAllBytes())
                            .order(ByteOrder.LITTLE_ENDIAN);
            byte[] magic = new byte[8];
            bytes.get(magic);
            assertThat(magic).isEqualTo(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
            byte[] header = new byte[bytes.getShort()];
            bytes.get(header);
            assertThat(new String(header, StandardCharsets.US_ASCII))
                    .startsWith("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 10000,), }")
                    .endsWith(" \n");
            assertThat(bytes.position() % 64).isZero();
            double[] read = new double[values.length];
            bytes.asDoubleBuffer().get(read);
            assertThat(read).isEqualTo(values);
            assertThat(bytes.remaining()).isEqualTo(values.length * Double.BYTES);
        }
        assertThat(Files.size(file)).isPositive();
    }
}
