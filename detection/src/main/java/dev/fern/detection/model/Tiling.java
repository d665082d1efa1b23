package dev.fern.detection.model;

import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageSize;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * Detection of small objects in large images by overlapping tiles, as SAHI slices them (Akyon et
 * al., 2022): the detector sees the whole image once and each tile once, so that it finds the large
 * objects in the one and the small ones in the others.
 *
 * <p>What it finds is merged by non-maximum suppression within each category. A box that ends at an
 * inner border of its tile is most likely a part of an object. It counts less than all whole boxes,
 * and is dropped where most of it lies within one that is kept. Objects that fit into the overlap
 * of two tiles are whole in one of them.
 *
 * @param size side of a tile in pixels of the image, at least 32
 * @param overlap part of a tile that the next one shares, 0 to 0.9
 */
public record Tiling(int size, double overlap) {

    private static final int SMALLEST_TILE = 32;
    private static final double LARGEST_OVERLAP = 0.9;

    /** A box that ends this close to its tile's border in pixels is taken for cut. */
    private static final float CUT = 1.5f;

    /** A cut box is a part of another one where more than this part of it lies in that. */
    private static final double PART = 0.5;

    /**
     * Checks the ranges.
     *
     * @param size at least 32
     * @param overlap 0 to 0.9
     * @throws IllegalArgumentException if one is out of its range
     */
    public Tiling {
        if (size < SMALLEST_TILE) {
            throw new IllegalArgumentException(
                    "the side of a tile must be at least " + SMALLEST_TILE + ", not " + size);
        }
        if (!(overlap >= 0 && overlap <= LARGEST_OVERLAP)) {
            throw new IllegalArgumentException(
                    "the overlap of tiles must be 0 to " + LARGEST_OVERLAP + ", not " + overlap);
        }
    }

    /** A detection, and whether it ends at an inner border of its tile. */
    private record Candidate(Detection detection, boolean cut) {}

    /**
     * Finds the objects of one image.
     *
     * @param detector sees the whole image and the tiles, one after another
     * @param image of any size; one that is no larger than a tile is seen once. The caller closes
     *     it
     * @return the detections by falling score, in pixels of the image; of the whole image and of
     *     each tile at most as many as the detector's post-processing keeps
     * @throws NonFiniteOutputException if the network's outputs are not finite
     */
    public List<Detection> detect(Detector detector, BgrImage image) {
        return detect(detector::detect, detector.configuration().postProcessing().nmsIou(), image);
    }

    List<Detection> detect(
            Function<BgrImage, List<Detection>> detector, double nmsIou, BgrImage image) {
        List<Detection> whole = detector.apply(image);
        if (image.width() <= size && image.height() <= size) {
            return whole;
        }
        List<Candidate> candidates = new ArrayList<>();
        whole.forEach(detection -> candidates.add(new Candidate(detection, false)));
        ImageSize extent = new ImageSize(image.width(), image.height());
        int width = Math.min(size, image.width());
        int height = Math.min(size, image.height());
        for (int y : starts(image.height())) {
            for (int x : starts(image.width())) {
                try (BgrImage tile = image.crop(x, y, width, height)) {
                    for (Detection found : detector.apply(tile)) {
                        boolean cut = isCut(found, x, y, width, height, extent);
                        candidates.add(new Candidate(found.moved(x, y), cut));
                    }
                }
            }
        }
        return merged(candidates, nmsIou);
    }

    /**
     * {@return where the tiles begin along one side: evenly, the last one moved back to end with
     * the image}
     *
     * @param length of the side in pixels, at least 1
     */
    List<Integer> starts(int length) {
        int step = Math.max(1, size - (int) (size * overlap));
        List<Integer> starts = new ArrayList<>();
        int start = 0;
        while (start + size < length) {
            starts.add(start);
            start += step;
        }
        starts.add(Math.max(0, length - size));
        return starts;
    }

    private static boolean isCut(
            Detection found, int x, int y, int width, int height, ImageSize image) {
        return x > 0 && found.x1() < CUT
                || y > 0 && found.y1() < CUT
                || x + width < image.width() && found.x2() > width - CUT
                || y + height < image.height() && found.y2() > height - CUT;
    }

    private static List<Detection> merged(List<Candidate> candidates, double nmsIou) {
        Comparator<Candidate> wholeFirst = Comparator.comparing(Candidate::cut);
        Comparator<Candidate> byScore =
                Comparator.comparing(candidate -> -candidate.detection.score());
        List<Detection> kept = new ArrayList<>();
        for (Candidate candidate :
                candidates.stream().sorted(wholeFirst.thenComparing(byScore)).toList()) {
            Detection detection = candidate.detection;
            boolean isKnown =
                    kept.stream()
                            .filter(k -> k.category() == detection.category())
                            .anyMatch(
                                    k ->
                                            iou(k, detection) > nmsIou
                                                    || candidate.cut
                                                            && intersection(k, detection)
                                                                    > PART * area(detection));
            if (!isKnown) {
                kept.add(detection);
            }
        }
        kept.sort(Comparator.comparing(detection -> -detection.score()));
        return kept;
    }

    private static double iou(Detection a, Detection b) {
        double shared = intersection(a, b);
        return shared == 0 ? 0 : shared / (area(a) + area(b) - shared);
    }

    private static double intersection(Detection a, Detection b) {
        double width = (double) Math.min(a.x2(), b.x2()) - Math.max(a.x1(), b.x1());
        double height = (double) Math.min(a.y2(), b.y2()) - Math.max(a.y1(), b.y1());
        return width <= 0 || height <= 0 ? 0 : width * height;
    }

    private static double area(Detection d) {
        return ((double) d.x2() - d.x1()) * ((double) d.y2() - d.y1());
    }
}
