package dev.fern.cocoeval;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CocoValidatorTest {
    private static final List<CocoImage> IMAGES = List.of(new CocoImage(1, "a.jpg", 100, 50));
    private static final List<CocoCategory> CATEGORIES = List.of(new CocoCategory(1, "c", ""));

    private static List<String> problems(CocoAnnotation... annotations) {
        return CocoValidator.check(CocoDataset.of(IMAGES, CATEGORIES, List.of(annotations)))
                .stream()
                .map(problem -> problem.severity() + " " + problem)
                .toList();
    }

    private static CocoAnnotation annotation(long id, double x, double width, double area) {
        return new CocoAnnotation(id, 1, 1, new Box(x, 0, width, 10), area, false);
    }

    @Test
    void findsNothingWrongWithASoundSet() {
        assertThat(problems(annotation(1, 0, 100, 1000), annotation(2, 0.5, 99.5, 3))).isEmpty();
    }

    @Test
    void namesTheRecordOfAnUnknownImage() {
        assertThat(problems(new CocoAnnotation(77, 5, 1, new Box(1, 1, 2, 2), 4, false)))
                .containsExactly("ERROR annotations[0] (id 77): image_id 5 is not in images");
    }

    @Test
    void warnsOfABoxWithoutArea() {
        assertThat(problems(annotation(1, 3, 0, 0)))
                .containsExactly(
                        "WARNING annotations[0] (id 1): bbox [3.0, 0.0, 0.0, 10.0] has no area");
    }

    @Test
    void warnsOfABoxOutsideItsImage() {
        assertThat(problems(annotation(1, 90, 12, 120)))
                .containsExactly(
                        "WARNING annotations[0] (id 1): bbox [90.0, 0.0, 12.0, 10.0] reaches"
                                + " outside its image of 100 x 50");
    }

    @Test
    void warnsOfAnAreaThatDisagrees() {
        assertThat(problems(annotation(1, 0, 10, 120), annotation(2, 0, 10, 0)))
                .containsExactly(
                        "WARNING annotations[0] (id 1): area 120.0 differs from the bbox's area,"
                                + " 100.0",
                        "WARNING annotations[1] (id 2): area 0.0 differs from the bbox's area,"
                                + " 100.0");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            "area": 100                                         | false
            "area": 98.5                                        | false
            "area": 60                                          | true
            "area": 60, "segmentation": []                      | true
            "area": 60, "segmentation": null                    | true
            "area": 60, "segmentation": [[0, 0, 10, 0, 0, 12]]  | false
            "area": 60, "segmentation": {"counts": [], "size": [50, 100]} | false
            """)
    void warnsOfASmallAreaThatNoSegmentationExplains(
            String members, boolean warns, @TempDir Path folder) throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("gt.json"),
                        """
                        {"images": [{"id": 1, "file_name": "a", "width": 100, "height": 50}],
                         "categories": [{"id": 1, "name": "cat"}],
                         "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0,
                                          "bbox": [0, 0, 10, 10], %s}]}
                        """
                                .formatted(members));
        assertThat(CocoValidator.check(file).stream().map(CocoProblem::toString))
                .isEqualTo(
                        warns
                                ? List.of(
                                        "annotations[0]: area 60.0 is less than the bbox's area,"
                                                + " 100.0, though there is no segmentation")
                                : List.of());
    }

    @Test
    void warnsOfIdsThatOtherProgramsStumbleOver() {
        assertThat(problems(annotation(0, 0, 10, 100), annotation((1L << 53) + 1, 0, 10, 100)))
                .containsExactly(
                        "WARNING annotations[0] (id 0): has id 0; pycocotools takes a match with"
                                + " annotation 0 for none",
                        "WARNING annotations[1] (id 9007199254740993): id 9007199254740993 is over"
                                + " 2^53, too large to be exact as a double");
    }

    @Test
    void warnsOfACategoryThatNothingUses() {
        assertThat(problems())
                .containsExactly("WARNING categories[0] (id 1): no annotation uses it");
    }
}
