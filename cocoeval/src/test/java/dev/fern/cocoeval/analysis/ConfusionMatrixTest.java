package dev.fern.cocoeval.analysis;

import static dev.fern.cocoeval.analysis.Scene.CAT;
import static dev.fern.cocoeval.analysis.Scene.DOG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.Matching;
import dev.fern.cocoeval.json.CocoFormatException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ConfusionMatrixTest {
    private static int[][] counts(Scene scene, double scoreThreshold) throws CocoFormatException {
        return scene.analyse(AnalysisParameters.defaults().withScoreThreshold(scoreThreshold))
                .confusion()
                .counts();
    }

    @Test
    void eachObjectAndEachDetectionStandsInOneCell() throws CocoFormatException {
        Scene scene =
                new Scene()
                        .truth(CAT, 0, 0)
                        .truth(CAT, 100, 0)
                        .truth(CAT, 200, 0)
                        .truth(DOG, 300, 0)
                        .detect(CAT, 0, 0, 0.9) // cat as cat
                        .detect(DOG, 101, 0, 0.9) // cat as dog
                        .detect(CAT, 300, 0, 0.4) // too unsure, so the dog is missed
                        .detect(DOG, 0, 200, 0.9) // background as dog
                        .onSecondImage()
                        .detect(CAT, 200, 0, 0.9); // not on the image of the cat
        assertThat(counts(scene, 0.5)).isDeepEqualTo(new int[][] {{1, 1, 1}, {0, 0, 1}, {1, 1, 0}});
        assertThat(counts(scene, 0.3)).isDeepEqualTo(new int[][] {{1, 1, 1}, {1, 0, 0}, {1, 1, 0}});
    }

    @Test
    void theSurestDetectionTakesTheObjectWhateverItsCategory() throws CocoFormatException {
        Scene scene = new Scene().truth(CAT, 0, 0).detect(CAT, 0, 0, 0.7).detect(DOG, 1, 0, 0.8);
        assertThat(counts(scene, 0.5)).isDeepEqualTo(new int[][] {{0, 1, 0}, {0, 0, 0}, {1, 0, 0}});
    }

    @Test
    void detectionsOnACrowdAreLeftOut() throws CocoFormatException {
        Scene scene = new Scene().crowd(CAT, 0, 0, 90, 90).detect(DOG, 30, 30, 0.9);
        assertThat(counts(scene, 0.5)).isDeepEqualTo(new int[][] {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}});
    }

    @Test
    void pairsOfCategoriesThatNeverOccurTakeNoRoom() throws CocoFormatException {
        int many = 100_000;
        List<CocoCategory> categories =
                IntStream.range(0, many).mapToObj(k -> new CocoCategory(k, "", "")).toList();
        CocoDataset dataset =
                CocoDataset.of(
                        List.of(new CocoImage(1, "", 9, 9)),
                        categories,
                        List.of(new CocoAnnotation(1, 1, 7, new Box(0, 0, 9, 9), 81, false)));
        CocoResults results =
                CocoResults.builder()
                        .add(1, many - 1, new Box(0, 0, 9, 9), 0.9)
                        .add(1, 7, new Box(0, 0, 9, 9), 0.8)
                        .build();
        Matching matching =
                Matching.acrossCategories(dataset, results, EvaluationParameters.defaults(), 0.5);
        assertThat(ConfusionMatrix.of(matching, 0).cells())
                .containsExactly(
                        new ConfusionMatrix.Cell(7, many - 1, 1),
                        new ConfusionMatrix.Cell(many, 7, 1));
    }

    @Test
    void aCategoryThatIsNamedTwiceCountsOnce() throws CocoFormatException {
        Scene scene = new Scene().truth(CAT, 0, 0).truth(DOG, 50, 0).detect(DOG, 50, 0, 0.9);
        Analysis analysis =
                Analysis.of(
                        scene.dataset(),
                        scene.results(),
                        EvaluationParameters.builder().catIds(List.of(DOG, DOG)).build(),
                        AnalysisParameters.defaults());
        assertThat(analysis.confusion().counts()).isDeepEqualTo(new int[][] {{1, 0}, {0, 0}});
        assertThat(analysis.tide().averagePrecision()).isCloseTo(1, within(1e-12));
    }
}
