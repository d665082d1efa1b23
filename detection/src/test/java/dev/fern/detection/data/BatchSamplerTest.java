package dev.fern.detection.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fern.detection.data.BatchPlan.PlannedBatch;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

class BatchSamplerTest {

    private static final CanvasRule RULE = new CanvasRule(32, 96);
    private static final AugmentationParameters MULTI_SCALE =
            new AugmentationParameters(
                    0.5, 0, List.of(32, 64, 96), List.of(1.0, 1.0), 1, ColorJitter.OFF);

    /** 60 images of random sizes. */
    private static DetectionDataset dataset;

    private static Path folder;

    @BeforeContainer
    static void createImages() throws IOException {
        folder = Files.createTempDirectory("fern-sampler");
        Random random = new Random(1);
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            files.add(
                    TestImages.write(
                            folder.resolve(i + ".png"),
                            10 + random.nextInt(60),
                            10 + random.nextInt(60),
                            i));
        }
        dataset = DetectionDataset.unlabelled(files, ImageReader.standard(), false);
    }

    @AfterContainer
    static void deleteImages() throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    @Property(tries = 200)
    void everyImageComesOnceAnEpochAmongItsEquals(
            @ForAll @IntRange(max = 60) int images,
            @ForAll @IntRange(min = 1, max = 9) int batchSize,
            @ForAll long seed,
            @ForAll @IntRange(max = 50) int epoch) {
        DetectionDataset some = dataset.subset(images);
        BatchPlan plan = new BatchSampler(some, batchSize, RULE, MULTI_SCALE, seed).epoch(epoch);

        assertThat(ids(plan))
                .containsExactlyInAnyOrderElementsOf(
                        some.samples().stream().map(Sample::imageId).toList());
        for (PlannedBatch batch : plan.batches()) {
            assertThat(batch.images().size()).isBetween(1, batchSize);
            batch.images()
                    .forEach(
                            image ->
                                    assertEquals(
                                            batch.canvasSize(),
                                            image.augmentation().canvas().size()));
        }
        // Smaller batches come last, one for each canvas at most.
        List<PlannedBatch> small =
                plan.batches().stream().filter(b -> b.images().size() < batchSize).toList();
        int full = plan.batches().size() - small.size();
        assertThat(plan.batches().subList(full, plan.batches().size())).isEqualTo(small);
        assertThat(small.stream().map(PlannedBatch::canvasSize)).doesNotHaveDuplicates();
    }

    @Property(tries = 50)
    void planIsRepeatableAndDiffersFromEpochToEpoch(@ForAll long seed) {
        BatchSampler sampler = new BatchSampler(dataset, 4, RULE, MULTI_SCALE, seed);
        BatchPlan plan = sampler.epoch(3);
        assertThat(new BatchSampler(dataset, 4, RULE, MULTI_SCALE, seed).epoch(3)).isEqualTo(plan);
        assertThat(ids(sampler.epoch(4))).isNotEqualTo(ids(plan));
        assertThat(ids(new BatchSampler(dataset, 4, RULE, MULTI_SCALE, seed + 1).epoch(3)))
                .isNotEqualTo(ids(plan));
    }

    @Property(tries = 30)
    void whatHappensToAnImageDoesNotDependOnTheBatchSize(@ForAll long seed) {
        BatchPlan single = new BatchSampler(dataset, 1, RULE, MULTI_SCALE, seed).epoch(0);
        BatchPlan eights = new BatchSampler(dataset, 8, RULE, MULTI_SCALE, seed).epoch(0);
        assertThat(eights.batches().stream().flatMap(b -> b.images().stream()))
                .containsExactlyInAnyOrderElementsOf(
                        single.batches().stream().flatMap(b -> b.images().stream()).toList());
    }

    @Property(tries = 1)
    void sequentialPlanKeepsTheOrderWithinEachCanvas() {
        BatchPlan plan = BatchSampler.sequential(dataset, 4, RULE);
        assertThat(ids(BatchSampler.sequential(dataset, 1, RULE)))
                .isEqualTo(dataset.samples().stream().map(Sample::imageId).toList());
        assertThat(plan.imageCount()).isEqualTo(60);
        plan.batches().stream()
                .collect(java.util.stream.Collectors.groupingBy(PlannedBatch::canvasSize))
                .values()
                .forEach(batches -> assertThat(ids(new BatchPlan(batches))).isSorted());
    }

    private static List<Long> ids(BatchPlan plan) {
        return plan.batches().stream()
                .flatMap(batch -> batch.images().stream())
                .map(image -> image.sample().imageId())
                .toList();
    }
}
