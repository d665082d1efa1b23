package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.AnalysisParameters;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.keypoint.Keypoints;
import dev.fern.cocoeval.mask.Rle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a file of masks or keypoints holds, it is evaluated or refused with one line. */
@Timeout(600)
class DamagedShapesTest {
    private static final int FILES = Integer.getInteger("fern.fuzz.evaluations", 400);
    private static final long SEED = Long.getLong("fern.fuzz.seed", 1);

    @TempDir Path folder;

    @Test
    void damagedMasksAreEvaluatedOrRefused() throws IOException {
        SyntheticCoco coco = SyntheticCoco.generate(3, 3, 2, 6, 8).withMasks(3);
        run(IouType.SEGM, coco.dataset(), coco.results());
    }

    @Test
    void damagedRunsAreEvaluatedOrRefused() throws IOException {
        SyntheticCoco coco = SyntheticCoco.generate(4, 2, 1, 4, 5).withMasks(4);
        List<Rle> masks = new ArrayList<>();
        for (int i = 0; i < coco.dataset().annotations().size(); i++) {
            masks.add(coco.dataset().mask(i).orElseThrow());
        }
        run(IouType.SEGM, coco.dataset().with(Shapes.ofMasks(masks)), coco.results());
    }

    @Test
    void damagedKeypointsAreEvaluatedOrRefused() throws IOException {
        CocoDataset boxes = SyntheticCoco.generate(5, 3, 1, 6, 0).dataset();
        Random random = new Random(5);
        List<Keypoints> keypoints = new ArrayList<>();
        boxes.annotations().forEach(annotation -> keypoints.add(person(random)));
        CocoDataset people = boxes.with(Shapes.ofKeypoints(keypoints));
        CocoResults.Builder found = CocoResults.builder(people);
        for (CocoAnnotation annotation : boxes.annotations()) {
            found.add(annotation.imageId(), 1, person(random), random.nextDouble());
        }
        run(IouType.KEYPOINTS, people, found.build());
    }

    private static Keypoints person(Random random) {
        double[] numbers = new double[3 * 17];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = i % 3 == 2 ? random.nextInt(3) : random.nextInt(640);
        }
        return Keypoints.of(numbers);
    }

    private void run(IouType type, CocoDataset dataset, CocoResults results) throws IOException {
        Path truthFile = folder.resolve("truth.json");
        Path resultsFile = folder.resolve("results.json");
        dataset.write(truthFile);
        results.write(resultsFile);
        byte[] truth = Files.readAllBytes(truthFile);
        byte[] detections = Files.readAllBytes(resultsFile);
        assertThat(evaluate(type, truthFile, resultsFile).stats())
                .isEqualTo(
                        CocoEvaluator.evaluate(
                                        dataset, results, EvaluationParameters.defaults(type))
                                .stats());
        int refused = 0;
        for (int i = 0; i < FILES; i++) {
            Random random = new Random(SEED * 1_000_003 + i);
            boolean damagesTruth = i % 2 == 0;
            Files.write(truthFile, damagesTruth ? FileDamage.damaged(truth, random) : truth);
            Files.write(
                    resultsFile,
                    damagesTruth ? detections : FileDamage.damaged(detections, random));
            try {
                evaluate(type, truthFile, resultsFile);
            } catch (CocoFormatException e) {
                refused++;
                FileDamage.assertOneLine(e, "truth.json", "results.json");
            } catch (Throwable e) {
                fail("file " + i + " of seed " + SEED + " brought about " + e, e);
            }
        }
        assertThat(refused).isBetween(FILES / 4, FILES - FILES / 50);
    }

    private static Evaluation evaluate(IouType type, Path truth, Path results)
            throws CocoFormatException {
        CocoDataset dataset = CocoDataset.readForEvaluation(truth, type);
        EvaluationParameters parameters = EvaluationParameters.defaults(type);
        CocoResults found = CocoResults.read(results, type);
        Evaluation evaluation = CocoEvaluator.evaluate(dataset, found, parameters);
        Analysis.of(dataset, found, parameters, AnalysisParameters.defaults());
        CocoDataset lenient = CocoDataset.readLeniently(truth, type);
        CocoEvaluator.evaluate(lenient, CocoResults.readLeniently(results, lenient), parameters);
        return evaluation;
    }

    @Test
    void whatPycocotoolsWouldNeverEndOnNamesTheRecord() throws IOException {
        String truth =
                """
                {"images": [{"id": 1, "width": 4, "height": 4}], "categories": [{"id": 1}],
                 "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0,
                                  "area": 9, "segmentation": %s}]}
                """;
        String detection =
                """
                [{"image_id": 1, "category_id": 1, "score": 0.5,
                  "segmentation": {"size": [4, 4], "counts": "%s"}}]
                """;
        String square = "[[0, 0, 4, 0, 4, 4, 0, 4]]";
        assertRefused(
                truth.formatted(square),
                detection.formatted(Rle.ofRuns(4, 4, 0, 8).text()),
                "[0].segmentation: the runs of two masks of one size sum to different totals");
        assertRefused(
                truth.formatted(square),
                detection.formatted("0@P"),
                "[0].segmentation: the compressed runs end in the middle of a number");
        assertRefused(
                truth.formatted("[[0, 0, 1e300, 0, 4, 4]]"),
                detection.formatted("0@"),
                "annotations[0].segmentation[0] (byte");
        assertRefused(
                truth.formatted("{\"size\": [4, 4], \"counts\": [1, -2]}"),
                detection.formatted("0@"),
                "counts[1] (byte 226): is a negative run");
    }

    private void assertRefused(String truth, String detections, String message) throws IOException {
        Path truthFile = Files.writeString(folder.resolve("truth.json"), truth);
        Path resultsFile = Files.writeString(folder.resolve("results.json"), detections);
        assertThatThrownBy(() -> evaluate(IouType.SEGM, truthFile, resultsFile))
                .isInstanceOf(CocoFormatException.class)
                .hasMessageContaining(message);
    }
}
