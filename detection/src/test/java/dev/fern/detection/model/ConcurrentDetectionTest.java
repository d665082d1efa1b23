package dev.fern.detection.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.TestImages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads that share a detector. */
@Tag("engine")
@Timeout(300)
class ConcurrentDetectionTest {

    private static final int THREADS = 8;

    /** Number of detections whose memory is looked at; {@code -Dfern.soak.detections=10000}. */
    private static final int DETECTIONS = Integer.getInteger("fern.soak.detections", 800);

    /** In fewer, the process is still growing to its size. */
    private static final int LONG = 5000;

    private static final double LARGEST_GROWTH_MIB = 24;

    @TempDir Path folder;

    private Path model;
    private final List<Path> files = new ArrayList<>();

    @BeforeEach
    void writeModelAndImages() throws IOException {
        model = TinyDetectors.write(folder.resolve("model"), new CanvasRule(60, 100));
        int[][] sizes = {{90, 50}, {40, 120}, {64, 64}, {130, 131}, {33, 200}};
        for (int i = 0; i < sizes.length; i++) {
            Path file = folder.resolve(i + ".png");
            files.add(TestImages.write(file, sizes[i][0], sizes[i][1], i));
        }
    }

    private Detector load(int lanes) throws IOException {
        return Detector.builder(model).optEngine(TinyDetectors.ENGINE).optLanes(lanes).load();
    }

    private static <T> List<T> onThreads(int threads, Callable<T> task) throws Exception {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> future : executor.invokeAll(Collections.nCopies(threads, task))) {
                results.add(future.get());
            }
            return results;
        } finally {
            executor.shutdownNow();
        }
    }

    private List<List<Detection>> detectAll(Detector detector) throws IOException {
        List<List<Detection>> found = new ArrayList<>();
        for (Path file : files) {
            found.add(detector.detect(file));
        }
        return found;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void eightThreadsFindWhatOneFindsToTheBit(int lanes) throws Exception {
        List<List<Detection>> expected;
        try (Detector alone = load(lanes)) {
            expected = detectAll(alone);
        }
        assertThat(expected).allSatisfy(found -> assertThat(found).isNotEmpty());
        try (Detector shared = load(lanes)) {
            CountDownLatch start = new CountDownLatch(THREADS);
            List<List<List<Detection>>> all =
                    onThreads(
                            THREADS,
                            () -> {
                                start.countDown();
                                start.await();
                                List<List<Detection>> last = null;
                                for (int round = 0; round < 3; round++) {
                                    last = detectAll(shared);
                                    assertThat(last).isEqualTo(expected);
                                }
                                return last;
                            });
            assertThat(all).hasSize(THREADS).allMatch(expected::equals);
        }
    }

    @Test
    void aListFindsWhatItsImagesFindAlone() throws IOException {
        List<Path> many = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            many.addAll(files);
        }
        try (Detector detector = load(2)) {
            List<List<Detection>> expected = new ArrayList<>();
            for (Path file : many) {
                expected.add(detector.detect(file));
            }
            assertThat(detector.detect(many, DetectorInput::of)).isEqualTo(expected);
            List<DetectorInput> inputs = many.stream().map(DetectorInput::of).toList();
            for (int batchSize : new int[] {2, 3, 64}) {
                assertThat(detector.detect(inputs, batchSize)).isEqualTo(expected);
            }
            assertThat(detector.detect(List.<DetectorInput>of())).isEmpty();
        }
    }

    @Test
    void closingWaitsForDetectionsAndRefusesLaterOnes() throws Exception {
        Detector detector = load(1);
        try (BgrImage image = ImageReader.standard().read(files.get(0))) {
            List<Detection> expected = detector.detect(image);
            CountDownLatch detecting = new CountDownLatch(THREADS);
            ExecutorService executor = Executors.newFixedThreadPool(THREADS);
            List<Future<Integer>> running = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                running.add(
                        executor.submit(
                                () -> {
                                    int done = 0;
                                    while (true) {
                                        assertThat(detector.detect(image)).isEqualTo(expected);
                                        done++;
                                        detecting.countDown();
                                    }
                                }));
            }
            detecting.await();
            detector.close();
            for (Future<Integer> each : running) {
                assertThatThrownBy(each::get)
                        .isInstanceOf(ExecutionException.class)
                        .cause()
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("the detector is closed");
            }
            executor.shutdown();
            detector.close();
            assertThatThrownBy(() -> detector.detect(image))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the detector is closed");
        }
    }

    @Test
    void anInterruptEndsNoDetection() throws IOException {
        try (Detector detector = load(1)) {
            List<Detection> expected = detector.detect(files.get(1));
            try (BgrImage image = ImageReader.standard().read(files.get(1))) {
                Thread.currentThread().interrupt();
                assertThat(detector.detect(image)).isEqualTo(expected);
                assertThat(Thread.interrupted()).isTrue();
            }
        }
    }

    /** The first half warms up: Java compiles, and pools grow to what the threads need. */
    @Test
    void memoryStaysFlat() throws Exception {
        try (Detector detector = load(2)) {
            detections(detector, DETECTIONS / 2);
            int arrays = ProcessMemory.resources(detector.manager());
            OptionalDouble before = ProcessMemory.nativeMib();
            detections(detector, DETECTIONS / 2);
            OptionalDouble after = ProcessMemory.nativeMib();
            assertThat(ProcessMemory.resources(detector.manager())).isEqualTo(arrays).isPositive();
            if (before.isPresent() && DETECTIONS >= LONG) {
                System.out.printf(
                        Locale.ROOT,
                        "native memory after %d detections %.0f MiB, after %d %.0f MiB%n",
                        DETECTIONS / 2,
                        before.getAsDouble(),
                        DETECTIONS,
                        after.getAsDouble());
                assertThat(after.getAsDouble() - before.getAsDouble())
                        .isLessThan(LARGEST_GROWTH_MIB);
            }
        }
    }

    private void detections(Detector detector, int count) throws Exception {
        onThreads(
                THREADS,
                () -> {
                    for (int i = 0; i < count / THREADS; i++) {
                        detector.detect(files.get(i % files.size()));
                    }
                    return null;
                });
    }
}
