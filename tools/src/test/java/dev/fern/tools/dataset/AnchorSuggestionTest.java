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
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AnchorSuggestionTest {

    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;

    /** Images are halved. */
    private static final CanvasRule RULE = new CanvasRule(HEIGHT / 2, WIDTH / 2);

    private static final Matcher MATCHER = Matcher.retinaNet();

    @Test
    void smallUprightBoxesGetAnchorsThatMatchMoreOfThem() {
        CocoDataset dataset = boxes(20, 60, 6);
        AnchorSuggestion suggestion = suggest(dataset);
        assertThat(suggestion.boxes()).isEqualTo(300);
        assertThat(suggestion.isWorthAChange()).isTrue();
        for (AnchorSuggestion.Fit fit : List.of(suggestion.present(), suggestion.suggested())) {
            assertThat(fit.matched())
                    .isCloseTo(matchedBySearch(dataset, fit.anchors()), within(1e-9));
        }
        assertThat(suggestion.suggested().matched())
                .isGreaterThan(suggestion.present().matched() + 0.2);
        assertThat(suggestion.suggested().anchors().aspectRatios())
                .allSatisfy(ratio -> assertThat(ratio).isBetween(4.0, 9.0));
        assertThat(suggestion.suggested().anchors().sizes()).isSorted();
        assertThat(suggest(dataset)).isEqualTo(suggestion);
    }

    /** Returns the part of the boxes that any of all anchors of the canvas overlaps enough. */
    private static double matchedBySearch(CocoDataset dataset, AnchorParameters parameters) {
        Anchors anchors = new AnchorGenerator(parameters).generate(256, 320);
        int matched = 0;
        for (CocoAnnotation annotation : dataset.annotations()) {
            Box box = annotation.box();
            float[] target = {
                (float) box.x() / 2, (float) box.y() / 2, (float) box.x2() / 2, (float) box.y2() / 2
            };
            float best = 0;
            for (int a = 0; a < anchors.count(); a++) {
                best = Math.max(best, Overlap.iou(anchors.boxes(), 4 * a, target, 0));
            }
            matched += best >= MATCHER.positiveIou() ? 1 : 0;
        }
        return matched / (double) dataset.annotations().size();
    }

    @Test
    void anchorsThatFitAreGoodEnough() {
        AnchorSuggestion suggestion = suggest(boxes(90, 300, 1));
        assertThat(suggestion.present().matched()).isGreaterThan(0.98);
        assertThat(suggestion.isWorthAChange()).isFalse();
        StringWriter text = new StringWriter();
        suggestion.print(new PrintWriter(text), MATCHER);
        assertThat(text.toString()).contains("good enough").doesNotContain("--set");
    }

    private static AnchorSuggestion suggest(CocoDataset dataset) {
        return AnchorSuggestion.of(dataset, RULE, AnchorParameters.retinaNet(), MATCHER);
    }

    /** Returns boxes with sides of these lengths before images are halved, and this ratio. */
    private static CocoDataset boxes(double least, double most, double ratio) {
        SplittableRandom random = new SplittableRandom(5);
        List<CocoAnnotation> annotations = new ArrayList<>();
        for (int i = 1; i <= 300; i++) {
            double side = random.nextDouble(least, most);
            double width = side / Math.sqrt(ratio);
            double height = side * Math.sqrt(ratio);
            Box box =
                    new Box(
                            random.nextDouble() * (WIDTH - width),
                            random.nextDouble() * (HEIGHT - height),
                            width,
                            height);
            annotations.add(new CocoAnnotation(i, 1, 1, box, box.area(), false));
        }
        return CocoDataset.of(
                List.of(new CocoImage(1, "a.png", WIDTH, HEIGHT)),
                List.of(new CocoCategory(1, "shape", "")),
                annotations);
    }
}
