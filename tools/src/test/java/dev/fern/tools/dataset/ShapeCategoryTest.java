package dev.fern.tools.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ShapeCategoryTest {

    @Test
    void areasAreThoseOfGeometry() {
        Map<ShapeCategory, Double> areas =
                Map.of(
                        ShapeCategory.ELLIPSE,
                        Math.PI / 4,
                        ShapeCategory.RECTANGLE,
                        1.0,
                        // An equilateral triangle in a circle of radius R = 1/2: 3 sqrt(3) / 4 R^2.
                        ShapeCategory.TRIANGLE,
                        3 * Math.sqrt(3) / 16,
                        // Ten triangles between outer radius 1/2 and inner radius 0.21, each of 36
                        // degrees: R r sin(36) / 2.
                        ShapeCategory.STAR,
                        10 * 0.5 * 0.21 * Math.sin(Math.PI / 5) / 2,
                        // Two bars of 1 x 0.3, less the square that both cover.
                        ShapeCategory.CROSS,
                        0.51);

        areas.forEach(
                (category, area) ->
                        assertThat(category.area())
                                .as("%s", category)
                                .isCloseTo(area, within(0.005)));
    }

    @Test
    void idsHaveGapsAsCocoHas() {
        assertThat(ShapeCategory.values())
                .extracting(ShapeCategory::id)
                .containsExactly(1, 2, 4, 7, 11);
    }
}
