package dev.fern.tools.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.anchor.AnchorGenerator;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.anchor.Overlap;
import dev.fern.detection.image.CanvasRule;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AnchorCoverageTest {

    private static final int WIDTH = 300;
    private static final int HEIGHT = 200;
    private static final CanvasRule RULE = new CanvasRule(HEIGHT, WIDTH);

    @Test
    void agreesWithASearchOverAllAnchors() {
        SplittableRandom random = new SplittableRandom(3);
        AnchorGenerator generator = new AnchorGenerator(AnchorParameters.ofBaseSize(16));
        Anchors anchors = generator.generate(224, 320);
        List<CocoAnnotation> annotations = new ArrayList<>();
        int matched = 0;
        int missed = 0;
        for (int i = 1; i <= 200; i++) {
            double width = Math.exp(random.nextDouble(Math.log(3), Math.log(WIDTH)));
            double height = Math.exp(random.nextDouble(Math.log(3), Math.log(HEIGHT)));
            Box box =
                    new Box(
                            random.nextDouble() * (WIDTH - width),
                            random.nextDouble() * (HEIGHT - height),
                            width,
                            height);
            annotations.add(new CocoAnnotation(i, 1, 4, box, box.area(), false));
            float[] target = {(float) box.x(), (float) box.y(), (float) box.x2(), (float) box.y2()};
            float best = 0;
            for (int a = 0; a < anchors.count(); a++) {
                best = Math.max(best, Overlap.iou(anchors.boxes(), 4 * a, target, 0));
            }
            matched += best >= 0.5 ? 1 : 0;
            missed += best < 0.4 ? 1 : 0;
        }
        AnchorCoverage coverage =
                AnchorCoverage.of(dataset(annotations), RULE, generator, Matcher.retinaNet());
        assertThat(coverage.categories()).hasSize(1);
        AnchorCoverage.Category shape = coverage.categories().get(0);
        assertThat(shape.matched()).isEqualTo(matched).isPositive();
        assertThat(shape.missed()).isEqualTo(missed).isPositive();
        assertThat(shape.ambiguous()).isEqualTo(200 - matched - missed);
    }

    @Test
    void aBoxThatIsAnAnchorOverlapsItWholly() {
        // A 32-pixel anchor of the first level at row 4, column 5.
        CocoAnnotation annotation =
                new CocoAnnotation(1, 1, 4, new Box(5 * 8 - 16, 4 * 8 - 16, 32, 32), 1024, false);
        AnchorCoverage coverage =
                AnchorCoverage.of(
                        dataset(List.of(annotation)),
                        RULE,
                        new AnchorGenerator(AnchorParameters.retinaNet()),
                        Matcher.retinaNet());
        assertThat(coverage.categories().get(0).medianIou()).isCloseTo(1, within(1e-6));
    }

    private static CocoDataset dataset(List<CocoAnnotation> annotations) {
        return CocoDataset.of(
                List.of(new CocoImage(1, "a.png", WIDTH, HEIGHT)),
                List.of(new CocoCategory(4, "shape", ""), new CocoCategory(9, "none", "")),
                annotations);
    }
}
