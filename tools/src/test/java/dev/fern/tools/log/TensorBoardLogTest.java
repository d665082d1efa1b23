package dev.fern.tools.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.detection.train.TrainingListener.Step;
import dev.fern.tools.log.TfRecords.Event;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardLogTest {

    /** Seconds 1234.5. */
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(1_234_500), ZoneOffset.UTC);

    @TempDir Path folder;

    private static Step step(long step) {
        return new Step(
                step,
                2,
                Map.of("classification", 0.5, "regression", 0.25),
                0.0625,
                3.5,
                4,
                Map.of("positives", 17L),
                0.125);
    }

    private static Map<String, Double> scores(double ap) {
        Map<String, Double> scores = new LinkedHashMap<>();
        scores.put("AP", ap);
        scores.put("AP50", -1.0);
        return scores;
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    @Test
    void theReaderOfTheseTestsKnowsThePublishedChecksums() {
        // RFC 3720, B.4, bytes in the order of the wire
        byte[] ones = new byte[32];
        byte[] rising = new byte[32];
        for (int i = 0; i < 32; i++) {
            ones[i] = (byte) 0xff;
            rising[i] = (byte) i;
        }
        assertThat(TfRecords.crc32c(new byte[32])).isEqualTo(0x8a9136aa);
        assertThat(TfRecords.crc32c(ones)).isEqualTo(0x62a8ab43);
        assertThat(TfRecords.crc32c(rising)).isEqualTo(0x46dd794e);
        assertThat(TfRecords.crc32c("123456789".getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo(0xe3069283);
    }

    @Test
    void theBytesAreThoseOfTensorBoardsOwnWriter() throws IOException {
        try (TensorBoardLog log = new TensorBoardLog(folder, CLOCK)) {
            log.started(300);
            log.evaluated(300, scores(0.375));
        }
        // what the RecordWriter and the message classes of TensorBoard 2.21.0 write for the same
        byte[] expected =
                HexFormat.of()
                        .parseHex(
                                "1800000000000000a37f4b220900000000004a93401a0d627261696e2e4576656e"
                                        + "743a3265b8d3fb"
                                        + "100000000000000095fbfe180900000000004a934010ac023a02080160"
                                        + "cea677"
                                        + "3c00000000000000c8b7a3520900000000004a934010ac022a2e0a140a"
                                        + "0d6576616c756174696f6e2f4150150000c03e0a160a0f6576616c7561"
                                        + "74696f6e2f4150353015000080bff13ebae5");
        assertThat(files())
                .singleElement()
                .satisfies(f -> assertThat(f).hasBinaryContent(expected));
        assertThat(files().get(0).getFileName()).hasToString("events.out.tfevents.0000001234.fern");
    }

    @Test
    void aStepHasItsLossesRateNormAndSpeed() throws IOException {
        try (TensorBoardLog log = new TensorBoardLog(folder, CLOCK)) {
            log.started(1);
            log.step(step(1));
        }
        List<Event> events = TfRecords.read(files().get(0));
        assertThat(events).hasSize(3);
        assertThat(events.get(0).fileVersion()).isEqualTo("brain.Event:2");
        assertThat(events.get(1).starts()).isTrue();
        assertThat(events.get(1).step()).isEqualTo(1);
        assertThat(events.get(2))
                .isEqualTo(
                        new Event(
                                1234.5,
                                1,
                                null,
                                false,
                                Map.of(
                                        "loss/total", 0.75f,
                                        "loss/classification", 0.5f,
                                        "loss/regression", 0.25f,
                                        "training/learning_rate", 0.0625f,
                                        "training/gradient_norm", 3.5f,
                                        "training/images_per_second", 32f,
                                        "training/epoch", 2f)));
    }

    @Test
    void everyNumberIsWithTheSystemAsSoonAsItIsKnownAndACutRecordHidesNoOther() throws IOException {
        try (TensorBoardLog log = new TensorBoardLog(folder, CLOCK)) {
            log.started(1);
            Path file = files().get(0);
            for (int step = 1; step <= 3; step++) {
                log.step(step(step));
                assertThat(TfRecords.read(file)).hasSize(step + 2);
            }
            byte[] whole = Files.readAllBytes(file);
            Path cut = folder.resolve("cut");
            for (int missing = 1; missing < 100; missing++) {
                Files.write(cut, Arrays.copyOf(whole, whole.length - missing));
                assertThat(TfRecords.read(cut)).hasSize(4);
            }
        }
    }

    @Test
    void eachProcessHasAFileThatComesAfterThoseBeforeAndSaysWhereItGoesOn() throws IOException {
        Files.createFile(folder.resolve("events.out.tfevents.0000009999.other.host"));
        Files.createFile(folder.resolve("tfevents of something else"));
        for (long first : new long[] {1, 3, 2}) {
            try (TensorBoardLog log = new TensorBoardLog(folder, CLOCK)) {
                log.started(first);
                log.step(step(first));
                log.step(step(first + 1));
                log.step(step(first + 2));
            }
        }
        List<Long> kept = new ArrayList<>();
        for (Path file : files().subList(1, 4)) {
            for (Event event : TfRecords.read(file)) {
                // as TensorBoard's plugin_event_accumulator reads a folder, file after file
                if (event.starts()) {
                    kept.removeIf(step -> step >= event.step());
                } else if (!event.scalars().isEmpty()) {
                    kept.add(event.step());
                }
            }
        }
        assertThat(kept).containsExactly(1L, 2L, 3L, 4L);
        assertThat(files().get(1).getFileName()).hasToString("events.out.tfevents.0000010000.fern");
    }
}
