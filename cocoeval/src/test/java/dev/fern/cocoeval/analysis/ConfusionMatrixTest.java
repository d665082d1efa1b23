package dev.fern.cocoeval.analysis;

import static dev.fern.cocoeval.analysis.Scene.CAT;
import static dev.fern.cocoeval.analysis.Scene.DOG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.CocoFormatException;
import dev.fern.cocoeval.EvaluationParameters;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfusionMatrixTest {
    private static List<List<Integer>> counts(Scene scene, double scoreThreshold)
            throws CocoFormatException {
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
        assertThat(counts(scene, 0.5))
                .containsExactly(List.of(1, 1, 1), List.of(0, 0, 1), List.of(1, 1, 0));
        assertThat(counts(scene, 0.3))
                .containsExactly(List.of(1, 1, 1), List.of(1, 0, 0), List.of(1, 1, 0));
    }

    @Test
    void theSurestDetectionTakesTheObjectWhateverItsCategory() throws CocoFormatException {
        Scene scene = new Scene().truth(CAT, 0, 0).detect(CAT, 0, 0, 0.7).detect(DOG, 1, 0, 0.8);
        assertThat(counts(scene, 0.5))
                .containsExactly(List.of(0, 1, 0), List.of(0, 0, 0), List.of(1, 0, 0));
    }

    @Test
    void detectionsOnACrowdAreLeftOut() throws CocoFormatException {
        Scene scene = new Scene().crowd(CAT, 0, 0, 90, 90).detect(DOG, 30, 30, 0.9);
        assertThat(counts(scene, 0.5))
                .containsExactly(List.of(0, 0, 0), List.of(0, 0, 0), List.of(0, 0, 0));
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
        assertThat(analysis.confusion().counts()).containsExactly(List.of(1, 0), List.of(0, 0));
        assertThat(analysis.tide().averagePrecision()).isCloseTo(1, within(1e-12));
    }
}
