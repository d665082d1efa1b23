package dev.fern.cocoeval.analysis;

import static dev.fern.cocoeval.analysis.Scene.CAT;
import static dev.fern.cocoeval.analysis.Scene.DOG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.analysis.ImageFindings.DetectionOnTruth;
import dev.fern.cocoeval.json.CocoFormatException;
import org.junit.jupiter.api.Test;

class ImageFindingsTest {
    private static ImageFindings findings(Scene scene) throws CocoFormatException {
        return scene.analyse(AnalysisParameters.defaults().withScoreThreshold(0.5))
                .findings()
                .get(0);
    }

    @Test
    void aSecondDetectionOfAnObjectIsADuplicate() throws CocoFormatException {
        ImageFindings findings =
                findings(
                        new Scene()
                                .truth(CAT, 0, 0)
                                .detect(CAT, 0, 0, 0.9)
                                .detect(CAT, 1, 0, 0.8)
                                .detect(CAT, 1, 0, 0.4));
        assertThat(findings.duplicates()).hasSize(1);
        DetectionOnTruth duplicate = findings.duplicates().get(0);
        assertThat(duplicate.detection().index()).isEqualTo(1);
        assertThat(duplicate.truth().annotation().id()).isEqualTo(1);
        assertThat(duplicate.iou()).isCloseTo(90 / 110.0, within(1e-12));
        assertThat(findings.likelyMissingLabels()).isEmpty();
        assertThat(findings.faults()).isEqualTo(1);
    }

    @Test
    void aSureDetectionOfAnotherCategoryOnAMissedObjectDoubtsItsLabel() throws CocoFormatException {
        ImageFindings findings =
                findings(
                        new Scene()
                                .truth(CAT, 0, 0)
                                .truth(CAT, 100, 0)
                                .detect(DOG, 0, 0, 0.9)
                                .detect(DOG, 100, 0, 0.9)
                                .detect(CAT, 100, 0, 0.6)); // this one is found after all
        assertThat(findings.likelyWrongLabels()).hasSize(1);
        assertThat(findings.likelyWrongLabels().get(0).truth().annotation().id()).isEqualTo(1);
        assertThat(findings.likelyWrongLabels().get(0).detection().index()).isZero();
        assertThat(findings.unsupported()).isEmpty();
    }

    @Test
    void aSureDetectionWhereNothingIsLabelledSuggestsAMissingLabel() throws CocoFormatException {
        ImageFindings findings =
                findings(
                        new Scene()
                                .truth(CAT, 0, 0)
                                .crowd(DOG, 200, 200, 90, 90)
                                .detect(CAT, 50, 50, 0.9)
                                .detect(CAT, 60, 50, 0.4) // not sure
                                .detect(CAT, 220, 220, 0.9) // within the crowd
                                .detect(DOG, 5, 0, 0.9)); // half on the cat
        assertThat(findings.likelyMissingLabels())
                .singleElement()
                .satisfies(detection -> assertThat(detection.index()).isZero());
    }

    @Test
    void aMissedObjectIsUnsupportedIfNothingAtAllIsWellPlacedOnIt() throws CocoFormatException {
        ImageFindings findings =
                findings(
                        new Scene()
                                .truth(CAT, 0, 0) // nothing
                                .truth(CAT, 100, 0) // a dog, and unsure
                                .truth(CAT, 200, 0) // badly placed
                                .crowd(CAT, 300, 300, 10, 10)
                                .detect(DOG, 100, 0, 0.1)
                                .detect(CAT, 205, 0, 0.9));
        assertThat(findings.missed())
                .extracting(t -> t.annotation().id())
                .containsExactly(1L, 2L, 3L);
        assertThat(findings.unsupported())
                .extracting(t -> t.annotation().id())
                .containsExactly(1L, 3L);
    }

    @Test
    void theWorstImagesAreThoseWithTheMostFaults() throws CocoFormatException {
        Analysis analysis =
                new Scene()
                        .truth(CAT, 0, 0)
                        .onSecondImage()
                        .truth(CAT, 0, 0)
                        .detect(CAT, 50, 50, 0.9)
                        .analyse();
        assertThat(analysis.worstImages(5)).extracting(f -> f.image().id()).containsExactly(2L, 1L);
        assertThat(analysis.worstImages(1)).extracting(f -> f.image().id()).containsExactly(2L);
    }
}
