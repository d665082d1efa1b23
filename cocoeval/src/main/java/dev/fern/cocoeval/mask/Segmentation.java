package dev.fern.cocoeval.mask;

import dev.fern.cocoeval.json.Unusable;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A mask as a file holds it, before anyone knows the size of its image. */
public sealed interface Segmentation {
    /**
     * Makes the mask.
     *
     * @param imageHeight in pixels; runs have a size of their own
     * @param imageWidth in pixels
     * @return the mask that pycocotools would make
     * @throws IllegalArgumentException where pycocotools raises, never ends or dies
     */
    Rle draw(long imageHeight, long imageWidth);

    /**
     * Packs a mask, which takes about a third of its memory.
     *
     * @param mask to be packed
     * @return what {@link #draw} makes the same mask of
     */
    static Segmentation compressed(Rle mask) {
        return new CompressedRuns(
                mask.height(), mask.width(), mask.text().getBytes(StandardCharsets.ISO_8859_1));
    }

    /**
     * Outlines, united.
     *
     * @param parts each x, y, x, y ... in pixels; not to be changed
     */
    record Polygons(List<double[]> parts) implements Segmentation {
        @Override
        public Rle draw(long imageHeight, long imageWidth) {
            return Rle.ofPolygons(imageHeight, imageWidth, parts);
        }
    }

    /**
     * One mask or several, united, as lists of runs.
     *
     * @param parts at least one
     */
    record Runs(List<Rle> parts) implements Segmentation {
        @Override
        public Rle draw(long imageHeight, long imageWidth) {
            return Rle.union(parts);
        }
    }

    /**
     * Compressed runs.
     *
     * @param height in pixels
     * @param width in pixels
     * @param text UTF-8; not to be changed
     */
    record CompressedRuns(long height, long width, byte[] text) implements Segmentation {
        @Override
        public Rle draw(long imageHeight, long imageWidth) {
            return new Rle(height, width, RunText.runs(text));
        }
    }

    /**
     * No mask.
     *
     * @param why what is wrong
     * @param whenCompared whether pycocotools raises only when it compares the mask with another,
     *     not as soon as it prepares the records
     */
    record Refused(Unusable why, boolean whenCompared) implements Segmentation {
        @Override
        public Rle draw(long imageHeight, long imageWidth) {
            throw new IllegalArgumentException(why.problem());
        }
    }
}
