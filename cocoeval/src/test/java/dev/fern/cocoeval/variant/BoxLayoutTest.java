package dev.fern.cocoeval.variant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BoxLayoutTest {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 480;

    private final BoxLayout layout = new BoxLayout();
    private final Random random = new Random(1);

    private interface Layout {
        void add(double x, double y, double width, double height);
    }

    private void boxes(Layout as) {
        for (int i = 0; i < 50; i++) {
            double x = random.nextDouble() * 500;
            double y = random.nextDouble() * 400;
            as.add(
                    x,
                    y,
                    10 + random.nextDouble() * (WIDTH - 10 - x),
                    10 + random.nextDouble() * (HEIGHT - 10 - y));
        }
    }

    @Test
    void boxesOfCocoAreNoProblem() {
        assertThat(layout.problem()).isEmpty();
        boxes((x, y, w, h) -> layout.add(x, y, w, h, WIDTH, HEIGHT));
        assertThat(layout.problem()).isEmpty();
    }

    @Test
    void largeObjectsInTheMiddleAreNoCorners() {
        boxes((x, y, w, h) -> layout.add(x / 100, y / 100, 600, 450, WIDTH, HEIGHT));
        assertThat(layout.problem()).isEmpty();
    }

    @Test
    void fractionsAreSeenWithAndWithoutASize() {
        boxes(
                (x, y, w, h) -> {
                    layout.add(x / WIDTH, y / HEIGHT, w / WIDTH, h / HEIGHT, WIDTH, HEIGHT);
                    layout.add(x / WIDTH, y / HEIGHT, w / WIDTH, h / HEIGHT, 0, 0);
                });
        assertThat(layout.problem()).get().asString().contains("100 of 100", "fractions");
    }

    @Test
    void cornersAreSeen() {
        boxes((x, y, w, h) -> layout.add(x, y, x + w, y + h, WIDTH, HEIGHT));
        assertThat(layout.problem()).get().asString().contains("of 50 boxes", "x1, y1, x2, y2");
    }

    @Test
    void centresAreSeenAsBoxesThatReachOutside() {
        boxes((x, y, w, h) -> layout.add(x + w / 2, y + h / 2, w, h, WIDTH, HEIGHT));
        assertThat(layout.problem())
                .get()
                .asString()
                .contains("reach outside", "upper left corner")
                .doesNotContain("x1");
    }

    @Test
    void aFewBoxesOverTheEdgeAreNoProblem() {
        boxes((x, y, w, h) -> layout.add(x, y, w, h, WIDTH, HEIGHT));
        for (int i = 0; i < 9; i++) {
            layout.add(600, 10, 60, 60, WIDTH, HEIGHT);
        }
        assertThat(layout.problem()).isEmpty();
    }
}
