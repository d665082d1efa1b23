package dev.fern.detection.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.image.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchLoaderTest {

    private static final CanvasRule RULE = new CanvasRule(32, 64);
    private static final AugmentationParameters AUGMENTATION =
            new AugmentationParameters(
                    0.5,
                    0.5,
                    List.of(32, 48),
                    List.of(1.0, 1.0),
                    0.7,
                    new ColorJitter(0.2, 0.2, 0.2, 10));

    @TempDir Path root;
    private CocoFolder folder;
    private final BatchDecoder decoder =
            new BatchDecoder(ImageReader.standard(), PixelNormalization.IMAGENET);

    @BeforeEach
    void createImages() throws IOException {
        folder = new CocoFolder(root);
        for (int id = 1; id <= 20; id++) {
            folder.image(id, id + ".png", 40 + id % 3 * 10, 50).box(id, 1, false, id, 5, 10, 20);
        }
    }

    @Test
    void batchesAreTheSameForAnyNumberOfThreads() throws Exception {
        BatchPlan plan = plan(folder.dataset(false));
        List<String> one = contents(plan, 0, new LoaderOptions(1, 1, false));
        assertThat(one).hasSameSizeAs(plan.batches());
        assertThat(contents(plan, 0, new LoaderOptions(4, 7, false))).isEqualTo(one);
        assertThat(contents(plan, 0, new LoaderOptions(2, 1, false))).isEqualTo(one);
    }

    @Test
    void loadingGoesOnFromAnyBatchWithoutOpeningEarlierFiles() throws Exception {
        BatchPlan plan = plan(folder.dataset(false));
        List<String> all = contents(plan, 0, new LoaderOptions(2, 3, false));
        for (BatchPlan.PlannedImage image : plan.batches().get(0).images()) {
            Files.delete(image.sample().path());
        }
        for (int first = 1; first <= plan.batches().size(); first++) {
            assertThat(contents(plan, first, new LoaderOptions(2, 3, false)))
                    .isEqualTo(all.subList(first, all.size()));
        }
    }

    @Test
    void batchHoldsImagesAndTargetsOfItsPlan() throws Exception {
        DetectionDataset dataset = folder.dataset(false);
        BatchPlan plan = BatchSampler.sequential(dataset, 3, new CanvasRule(50, 100));
        try (BatchLoader<Batch> loader = loader(plan, Function.identity(), false);
                Batch batch = loader.next().orElseThrow()) {
            assertThat(batch.items()).extracting(Batch.Item::imageId).containsExactly(1L, 2L, 3L);
            assertThat(batch.data().remaining()).isEqualTo(3 * 3 * 64 * 64 * Float.BYTES);
            assertThat(batch.data().isDirect()).isTrue();
            // 60x50 stays as it is; 40x50 becomes 50x62 (floor of 62.5): times 1.25 and 1.24.
            assertThat(batch.items().get(1).boxes()).containsExactly(2, 5, 12, 25);
            assertThat(batch.items().get(2).boxes())
                    .usingComparatorWithPrecision(1e-5f)
                    .containsExactly(3.75f, 6.2f, 16.25f, 31);
            // Each image lies at its place in the array.
            for (int i = 0; i < 3; i++) {
                try (Batch alone =
                        decoder.decode(
                                new BatchPlan.PlannedBatch(
                                        List.of(plan.batches().get(0).images().get(i))))) {
                    int length = 3 * 64 * 64;
                    assertThat(batch.pixels().slice(i * length, length)).isEqualTo(alone.pixels());
                }
            }
        }
    }

    @Test
    void positionIsWhereToGoOn() throws Exception {
        BatchPlan plan = plan(folder.dataset(false));
        try (BatchLoader<Integer> loader = loader(plan, b -> b.items().size(), false)) {
            assertThat(loader.position()).isZero();
            loader.next();
            loader.next();
            assertThat(loader.position()).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"missing", "empty", "cut png", "cut jpg", "text", "bomb", "other size"})
    void badImageIsNamedOrSkippedAndCounted(String kind) throws Exception {
        DetectionDataset dataset = folder.dataset(false);
        BatchPlan plan = plan(dataset);
        spoil(dataset.samples().get(6).path(), kind);

        assertThatThrownBy(() -> contents(plan, 0, new LoaderOptions(2, 3, false)))
                .isInstanceOf(BadImageException.class)
                .hasMessageContaining("7.png: ")
                .hasMessageContaining("(image id 7)")
                .hasMessageNotContaining("\n")
                .extracting(e -> ((BadImageException) e).imageId())
                .isEqualTo(7L);

        List<Long> ids = new ArrayList<>();
        try (BatchLoader<Batch> loader = loader(plan, Function.identity(), true)) {
            for (Optional<Batch> b = loader.next(); b.isPresent(); b = loader.next()) {
                try (Batch batch = b.get()) {
                    batch.items().forEach(item -> ids.add(item.imageId()));
                    assertThat(batch.data().remaining())
                            .isEqualTo(
                                    batch.items().size()
                                            * 3
                                            * batch.canvasSize().width()
                                            * batch.canvasSize().height()
                                            * Float.BYTES);
                }
            }
            assertThat(loader.skipped()).extracting(BadImageException::imageId).containsExactly(7L);
        }
        assertThat(ids).hasSize(19).doesNotContain(7L).doesNotHaveDuplicates();
    }

    private void spoil(Path path, String kind) throws IOException {
        switch (kind) {
            case "missing" -> Files.delete(path);
            case "empty" -> Files.write(path, new byte[0]);
            case "cut png" -> {
                byte[] whole = Files.readAllBytes(path);
                Files.write(path, Arrays.copyOf(whole, whole.length / 2));
            }
            case "cut jpg" -> {
                byte[] whole = TestImages.encode(TestImages.random(50, 50, 1), "jpg");
                Files.write(path, Arrays.copyOf(whole, whole.length * 3 / 4));
            }
            case "text" -> Files.writeString(path, "no picture");
            case "bomb" -> TestImages.writePngBomb(path, 30_000, 30_000);
            case "other size" -> TestImages.write(path, 12, 34, 1);
            default -> throw new IllegalArgumentException(kind);
        }
    }

    @Test
    void firstBadImageOfThePlanIsReportedWhateverFinishesFirst() throws Exception {
        DetectionDataset dataset = folder.dataset(false);
        BatchPlan plan = BatchSampler.sequential(dataset, 1, RULE);
        Files.delete(dataset.samples().get(4).path());
        Files.delete(dataset.samples().get(5).path());
        for (int i = 0; i < 5; i++) {
            assertThatThrownBy(() -> contents(plan, 0, new LoaderOptions(4, 8, false)))
                    .isInstanceOf(BadImageException.class)
                    .hasMessageContaining("image id 5");
        }
    }

    @Test
    void batchOfBadImagesOnlyIsPassedOver() throws Exception {
        DetectionDataset dataset = folder.dataset(false).subset(3);
        BatchPlan plan = BatchSampler.sequential(dataset, 1, RULE);
        Files.delete(dataset.samples().get(1).path());
        try (BatchLoader<Long> loader = loader(plan, b -> b.items().get(0).imageId(), true)) {
            assertThat(loader.next()).contains(1L);
            assertThat(loader.next()).contains(3L);
            assertThat(loader.next()).isEmpty();
            assertThat(loader.next()).isEmpty();
        }
    }

    @Test
    void failureOfThePreparationReachesTheConsumer() throws Exception {
        BatchPlan plan = plan(folder.dataset(false));
        Function<Batch, Integer> failing =
                batch -> {
                    throw new IllegalStateException("no anchors");
                };
        try (BatchLoader<Integer> loader = loader(plan, failing, true)) {
            assertThatThrownBy(loader::next)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("no anchors");
        }
    }

    @Test
    void noMoreBatchesAreAheadThanAllowed() throws Exception {
        BatchPlan plan = BatchSampler.sequential(folder.dataset(false), 1, RULE);
        AtomicInteger prepared = new AtomicInteger();
        try (BatchLoader<Integer> loader =
                new BatchLoader<>(
                        plan,
                        0,
                        decoder,
                        batch -> prepared.incrementAndGet(),
                        new LoaderOptions(2, 3, false))) {
            assertStaysAt(3, prepared);
            loader.next();
            assertStaysAt(4, prepared);
        }
    }

    /** Waits until the count is reached, then gives the loader time to go too far. */
    private static void assertStaysAt(int count, AtomicInteger counter) throws Exception {
        assertTimeoutPreemptively(
                Duration.ofSeconds(60),
                () -> {
                    while (counter.get() < count) {
                        Thread.sleep(5);
                    }
                });
        Thread.sleep(200);
        assertThat(counter.get()).isEqualTo(count);
    }

    @Test
    void closingEarlyStopsTheThreads() throws Exception {
        BatchPlan plan = BatchSampler.sequential(folder.dataset(false), 1, RULE);
        CountDownLatch started = new CountDownLatch(2);
        List<Thread> threads = new ArrayList<>();
        Function<Batch, Integer> slow =
                batch -> {
                    synchronized (threads) {
                        threads.add(Thread.currentThread());
                    }
                    started.countDown();
                    return 1;
                };
        BatchLoader<Integer> loader = loader(plan, slow, false);
        started.await();
        assertTimeoutPreemptively(Duration.ofSeconds(60), loader::close);
        assertThat(threads).isNotEmpty().allMatch(Thread::isDaemon);
        for (Thread thread : threads) {
            // The pool counts a thread as gone a moment before the thread ends.
            thread.join(60_000);
            assertThat(thread.isAlive()).isFalse();
        }
        assertThat(loader.next()).isEmpty();
        loader.close();
    }

    @Test
    void closedBatchesLendTheirArrayToLaterOnes() throws Exception {
        BatchPlan plan = BatchSampler.sequential(folder.dataset(false), 2, RULE);
        Batch first = decoder.decode(plan.batches().get(0));
        List<Float> before = floats(first);
        first.close();
        assertThatThrownBy(first::data).isInstanceOf(IllegalStateException.class);
        decoder.decode(plan.batches().get(1)).close();
        try (Batch again = decoder.decode(plan.batches().get(0))) {
            assertThat(floats(again)).isEqualTo(before);
        }
    }

    private static List<Float> floats(Batch batch) {
        List<Float> floats = new ArrayList<>();
        var pixels = batch.pixels();
        while (pixels.hasRemaining()) {
            floats.add(pixels.get());
        }
        return floats;
    }

    private static BatchPlan plan(DetectionDataset dataset) {
        return new BatchSampler(dataset, 3, RULE, AUGMENTATION, 11).epoch(2);
    }

    private <T> BatchLoader<T> loader(
            BatchPlan plan, Function<Batch, T> preparation, boolean skip) {
        return new BatchLoader<>(plan, 0, decoder, preparation, new LoaderOptions(2, 3, skip));
    }

    /** Everything that is in the batches, as text. */
    private List<String> contents(BatchPlan plan, int first, LoaderOptions options)
            throws IOException, InterruptedException {
        List<String> contents = new ArrayList<>();
        try (BatchLoader<Batch> loader =
                new BatchLoader<>(plan, first, decoder, Function.identity(), options)) {
            for (Optional<Batch> b = loader.next(); b.isPresent(); b = loader.next()) {
                try (Batch batch = b.get()) {
                    StringBuilder text = new StringBuilder().append(floats(batch).hashCode());
                    for (Batch.Item item : batch.items()) {
                        text.append(' ')
                                .append(item.imageId())
                                .append(Arrays.toString(item.boxes()))
                                .append(Arrays.toString(item.labels()));
                    }
                    contents.add(text.toString());
                }
            }
        }
        return contents;
    }
}
