package dev.fern.detection.anchor;

import dev.fern.detection.anchor.AnchorParameters.Rounding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Lays anchors over the pyramid of a canvas, as torchvision's {@code AnchorGenerator}: they are
 * centred on multiples of the level's stride, or as their {@link AnchorParameters.Rounding} says,
 * and ordered by level, row, column, aspect ratio and scale.
 */
public final class AnchorGenerator {

    /** Stride of P3 in pixels; each level has twice the stride of the level below it. */
    private static final int FIRST_STRIDE = 8;

    private static final int CACHED_CANVASES = 64;

    private final AnchorParameters parameters;
    private final List<float[]> cells;
    private final Map<Long, Anchors> cache = new ConcurrentHashMap<>();

    /**
     * Prepares the anchors of one place of each level.
     *
     * @param parameters sizes and shapes of the anchors
     */
    public AnchorGenerator(AnchorParameters parameters) {
        this.parameters = parameters;
        this.cells = parameters.sizes().stream().map(this::cell).toList();
    }

    /** {@return what the anchors are made from} */
    public AnchorParameters parameters() {
        return parameters;
    }

    /**
     * Returns the anchors of one place centred on the origin, as x1, y1, x2, y2 one after another.
     */
    private float[] cell(double size) {
        float[] boxes = new float[parameters.perLocation() * 4];
        int i = 0;
        for (double ratio : parameters.aspectRatios()) {
            float heightRatio = (float) Math.sqrt((float) ratio);
            float widthRatio = 1 / heightRatio;
            for (double scale : parameters.scales()) {
                float side =
                        switch (parameters.rounding()) {
                            case TORCHVISION -> (float) Math.floor(size * scale);
                            case NONE, NONE_CENTRED -> (float) (size * scale);
                        };
                float halfWidth = half(widthRatio * side);
                float halfHeight = half(heightRatio * side);
                boxes[i++] = -halfWidth;
                boxes[i++] = -halfHeight;
                boxes[i++] = halfWidth;
                boxes[i++] = halfHeight;
            }
        }
        return boxes;
    }

    private float half(float side) {
        return switch (parameters.rounding()) {
            case TORCHVISION -> (float) Math.rint(side / 2);
            case NONE, NONE_CENTRED -> side / 2;
        };
    }

    /**
     * Returns the anchors of a canvas.
     *
     * @param height rows of the canvas in pixels, a multiple of 32
     * @param width columns of the canvas in pixels, a multiple of 32
     * @return the anchors; the same object for the same canvas while it is cached
     */
    public Anchors generate(int height, int width) {
        if (cache.size() > CACHED_CANVASES) {
            cache.clear();
        }
        return cache.computeIfAbsent(((long) height << 32) | width, key -> lay(height, width));
    }

    private int step(int canvasSide, int mapSide, int stride) {
        return switch (parameters.rounding()) {
            case TORCHVISION -> canvasSide / mapSide;
            case NONE, NONE_CENTRED -> stride;
        };
    }

    private Anchors lay(int height, int width) {
        List<Anchors.Level> levels = new ArrayList<>();
        int total = 0;
        for (int l = 0; l < cells.size(); l++) {
            int stride = FIRST_STRIDE << l;
            // Each level halves the one below, rounding up, from exact eighths of the canvas.
            int rows = (height + stride - 1) / stride;
            int columns = (width + stride - 1) / stride;
            levels.add(new Anchors.Level(total, rows, columns));
            total += rows * columns * parameters.perLocation();
        }
        float[] boxes = new float[Math.multiplyExact(total, 4)];
        int i = 0;
        for (int l = 0; l < levels.size(); l++) {
            Anchors.Level level = levels.get(l);
            int stride = FIRST_STRIDE << l;
            int strideY = step(height, level.rows(), stride);
            int strideX = step(width, level.columns(), stride);
            int first = parameters.rounding() == Rounding.NONE_CENTRED ? stride / 2 : 0;
            float[] cell = cells.get(l);
            for (int row = 0; row < level.rows(); row++) {
                for (int column = 0; column < level.columns(); column++) {
                    for (int a = 0; a < cell.length; a += 4) {
                        boxes[i++] = cell[a] + first + column * strideX;
                        boxes[i++] = cell[a + 1] + first + row * strideY;
                        boxes[i++] = cell[a + 2] + first + column * strideX;
                        boxes[i++] = cell[a + 3] + first + row * strideY;
                    }
                }
            }
        }
        return new Anchors(List.copyOf(levels), parameters.perLocation(), boxes);
    }
}
