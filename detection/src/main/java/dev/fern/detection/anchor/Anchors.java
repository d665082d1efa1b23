package dev.fern.detection.anchor;

import java.util.List;

/** The anchors of one canvas. */
public final class Anchors {

    /**
     * One level of the pyramid.
     *
     * @param first index of the level's first anchor
     * @param rows rows of the feature map
     * @param columns columns of the feature map
     */
    public record Level(int first, int rows, int columns) {}

    private final List<Level> levels;
    private final int perLocation;
    private final float[] boxes;

    Anchors(List<Level> levels, int perLocation, float[] boxes) {
        this.levels = levels;
        this.perLocation = perLocation;
        this.boxes = boxes;
    }

    /** {@return the levels, P3 first} */
    public List<Level> levels() {
        return levels;
    }

    /** {@return how many anchors stand at each place of a feature map} */
    public int perLocation() {
        return perLocation;
    }

    /** {@return the number of anchors of all levels} */
    public int count() {
        return boxes.length / 4;
    }

    /** {@return x1, y1, x2, y2 of each anchor in canvas pixels; shared, not to be written to} */
    public float[] boxes() {
        return boxes;
    }
}
