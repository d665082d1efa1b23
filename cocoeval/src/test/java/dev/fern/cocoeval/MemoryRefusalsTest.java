package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.keypoint.Keypoints;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a program hands over and can't mean is refused; of files pycocotools' rules hold. */
class MemoryRefusalsTest {

    private static final Box BOX = new Box(10, 20, 30, 40);
    private static final CocoImage IMAGE = new CocoImage(5, "a.jpg", 100, 100);
    private static final CocoCategory CATEGORY = new CocoCategory(1, "cell", "");

    private static CocoAnnotation annotation(long id, Box box) {
        return new CocoAnnotation(id, 5, 1, box, 1200, false);
    }

    private static CocoDataset dataset(CocoAnnotation... annotations) {
        return CocoDataset.of(List.of(IMAGE), List.of(CATEGORY), List.of(annotations));
    }

    private static CocoResults results() {
        return CocoResults.builder().add(5, 1, BOX, 0.9).build();
    }

    private static void assertRefused(CocoDataset dataset, String message) {
        assertThatThrownBy(() -> CocoEvaluator.evaluate(dataset, results()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aScoreOfNaNIsRefusedWithItsImage() {
        CocoResults.Builder builder = CocoResults.builder();
        assertThatThrownBy(() -> builder.add(5, 1, BOX, Double.NaN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("image 5")
                .hasMessageContaining("NaN");
        assertThatThrownBy(() -> builder.add(new CocoDetection(6, 1, BOX, Double.NaN)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("image 6");
        assertThat(builder.add(5, 1, BOX, Double.NEGATIVE_INFINITY).size()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "NaN, 0, 1, 1, not finite",
        "0, Infinity, 1, 1, not finite",
        "0, 0, -Infinity, 1, negative",
        "0, 0, -1, 1, negative",
        "0, 0, 1, -0.5, negative"
    })
    void aBoxThatIsNoneIsRefused(double x, double y, double width, double height, String message) {
        Box box = new Box(x, y, width, height);
        assertThatThrownBy(() -> CocoResults.builder().add(5, 1, box, 0.5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("image 5")
                .hasMessageContaining(message);
        assertRefused(dataset(annotation(7, box)), "annotation 7");
        assertRefused(dataset(annotation(7, box)), message);
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, -1, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void anAreaThatIsNoneIsRefused(double area) {
        assertRefused(
                dataset(new CocoAnnotation(7, 5, 1, BOX, area, false)),
                "the area of annotation 7 is " + area);
    }

    @ParameterizedTest
    @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
    void keypointsThatAreNowhereAreRefused(double x) {
        Keypoints nowhere = Keypoints.of(1, 2, 2, x, 3, 2);
        assertThatThrownBy(() -> CocoResults.builder().add(5, 1, nowhere, 0.5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("keypoint 2 of a detection on image 5 is at " + x);
        assertRefused(
                dataset(annotation(7, BOX)).with(Shapes.ofKeypoints(List.of(nowhere))),
                "keypoint 2 of annotation 7 is at " + x);
    }

    @Test
    void anEmptyBoxIsTaken() throws Exception {
        Box empty = new Box(10, 20, 0, 0);
        CocoResults results = CocoResults.builder().add(5, 1, empty, 0.5).build();
        assertThat(CocoEvaluator.evaluate(dataset(annotation(7, BOX)), results)).isNotNull();
    }

    @Test
    void anIdThatComesTwiceIsRefused() {
        assertRefused(
                dataset(annotation(0, BOX), annotation(0, new Box(50, 50, 10, 10))),
                "two annotations have the id 0");
        assertRefused(
                CocoDataset.of(
                        List.of(IMAGE, new CocoImage(5, "b.jpg", 10, 10)),
                        List.of(CATEGORY),
                        List.of(annotation(7, BOX))),
                "two images have the id 5");
        assertRefused(
                CocoDataset.of(
                        List.of(IMAGE),
                        List.of(CATEGORY, new CocoCategory(1, "clot", "")),
                        List.of(annotation(7, BOX))),
                "two categories have the id 1");
    }

    @Test
    void ofAFileTheSameIsTakenAsPycocotoolsTakesIt(@TempDir Path folder) throws Exception {
        Path file =
                Files.writeString(
                        folder.resolve("val.json"),
                        """
                        {"images": [{"id": 5}, {"id": 5}], "categories": [{"id": 1, "name": "cell"}],
                         "annotations": [
                          {"id": 1, "image_id": 5, "category_id": 1, "iscrowd": 0, "area": 1200,
                           "bbox": [10, 20, 30, 40]}]}
                        """);
        Evaluation evaluation =
                CocoEvaluator.evaluate(CocoDataset.readForEvaluation(file), results());
        assertThat(evaluation.stat(CocoMetric.AP)).isCloseTo(1, within(1e-12));
    }
}
