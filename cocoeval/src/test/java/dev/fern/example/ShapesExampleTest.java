package dev.fern.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoEvaluator;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.IouType;
import dev.fern.cocoeval.Shapes;
import dev.fern.cocoeval.keypoint.Keypoints;
import dev.fern.cocoeval.keypoint.ObjectKeypointSimilarity;
import dev.fern.cocoeval.mask.Rle;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Runs the documentation's example of masks and keypoints, from outside their packages. The test of
 * the documents, in tools, holds what is printed against the lines between the marks.
 */
class ShapesExampleTest {

    @Test
    void masksAndKeypointsAreEvaluated() throws IOException {
        boolean[][] pixels = new boolean[48][64];
        for (int y = 4; y < 24; y++) {
            for (int x = 4; x < 20; x++) {
                pixels[y][x] = true;
            }
        }
        List<CocoCategory> categories = List.of(new CocoCategory(1, "person", ""));
        // example begins
        CocoImage picture = new CocoImage(5, "5.jpg", 64, 48);
        Rle truth = Rle.ofPolygons(48, 64, List.of(new double[] {4, 4, 24, 4, 24, 24, 4, 24}));
        Rle found = Rle.ofPixels(pixels); // or Rle.parse(48, 64, text), Rle.ofRuns(48, 64, runs)
        double iou = found.iou(truth); // partWithin(truth) for a crowd
        Rle both = Rle.intersection(List.of(found, truth)); // or Rle.union
        double[] box = both.box(); // x, y, width, height; both.area(), both.decode()

        double[] xywh = truth.box();
        Box bounds = new Box(xywh[0], xywh[1], xywh[2], xywh[3]);
        var object = new CocoAnnotation(1, 5, 1, bounds, truth.area(), false);
        CocoDataset dataset = // or CocoDataset.readForEvaluation(file, IouType.SEGM)
                CocoDataset.of(List.of(picture), categories, List.of(object))
                        .with(Shapes.ofMasks(List.of(truth)));
        CocoResults results = // or CocoResults.read(file, IouType.SEGM)
                CocoResults.builder(dataset).add(5, 1, found, 0.9).build();
        EvaluationParameters parameters = EvaluationParameters.defaults(IouType.SEGM);
        double ap50 = CocoEvaluator.evaluate(dataset, results, parameters).stat(CocoMetric.AP50);

        Keypoints person = Keypoints.of(10, 12, 2, 30, 12, 2); // x, y, visibility of each point
        CocoDataset people = dataset.with(Shapes.ofKeypoints(List.of(person)));
        CocoResults poses =
                CocoResults.builder(people)
                        .add(5, 1, Keypoints.of(11, 12, 0, 30, 12, 0), 0.9)
                        .build();
        EvaluationParameters twoPoints =
                EvaluationParameters.builder(IouType.KEYPOINTS).sigmas(List.of(0.05, 0.1)).build();
        System.out.print(CocoEvaluator.evaluate(people, poses, twoPoints).table()); // ten lines
        double oks =
                new ObjectKeypointSimilarity(twoPoints.sigmas())
                        .of(poses.keypoints(0).orElseThrow(), person, xywh, truth.area());
        // example ends
        assertThat(iou).isEqualTo(0.8);
        assertThat(box).containsExactly(4, 4, 16, 20);
        assertThat(ap50).isCloseTo(1, within(1e-12));
        // one point is exact, the other a pixel off: exp(-1 / (2 * 400 * 0.1^2))
        assertThat(oks).isCloseTo((1 + Math.exp(-1 / (2 * 400 * 0.01))) / 2, within(1e-12));
    }
}
