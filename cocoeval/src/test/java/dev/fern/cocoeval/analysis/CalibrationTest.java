package dev.fern.cocoeval.analysis;

import static dev.fern.cocoeval.analysis.Scene.CAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.json.CocoFormatException;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class CalibrationTest {
    private static final AnalysisParameters TWO_BINS =
            new AnalysisParameters(0.5, 0.1, OptionalDouble.empty(), 1, 2);

    @Test
    void theErrorIsTheMeanDistanceOfPrecisionAndScoreByDetections() throws CocoFormatException {
        Calibration calibration =
                new Scene()
                        .truth(CAT, 0, 0)
                        .truth(CAT, 100, 0)
                        .crowd(CAT, 200, 200, 50, 50)
                        .detect(CAT, 0, 0, 0.75) // right
                        .detect(CAT, 0, 0, 1.0) // right, and makes the one before wrong
                        .detect(CAT, 100, 0, 0.25) // right
                        .detect(CAT, 50, 50, 0.5) // wrong; on the edge, so in the lower bin
                        .detect(CAT, 50, 50, 0) // wrong; in the lower bin
                        .detect(CAT, 210, 210, 0.9) // neither
                        .detect(CAT, 50, 50, 1.5) // no probability
                        .analyse(TWO_BINS)
                        .calibration();
        // lower: 1 of 3 right at a mean of 0.25; upper: 1 of 2 right at a mean of 0.875
        List<Calibration.Bin> bins = calibration.bins();
        assertThat(bins).hasSize(2);
        assertThat(bins.get(0)).isEqualTo(new Calibration.Bin(0, 0.5, 3, 0.25, 1 / 3.0));
        assertThat(bins.get(1)).isEqualTo(new Calibration.Bin(0.5, 1, 2, 0.875, 0.5));
        assertThat(calibration.expectedError())
                .isCloseTo((3 * (1 / 3.0 - 0.25) + 2 * 0.375) / 5, within(1e-12));
        assertThat(calibration.largestError()).isCloseTo(0.375, within(1e-12));
        assertThat(calibration.outside()).isEqualTo(1);
    }

    @Test
    void withoutDetectionsTheErrorIsUndefined() throws CocoFormatException {
        Calibration calibration = new Scene().truth(CAT, 0, 0).analyse(TWO_BINS).calibration();
        assertThat(calibration.expectedError()).isEqualTo(-1);
        assertThat(calibration.largestError()).isEqualTo(-1);
        assertThat(calibration.bins())
                .containsExactly(
                        new Calibration.Bin(0, 0.5, 0, -1, -1),
                        new Calibration.Bin(0.5, 1, 0, -1, -1));
    }
}
