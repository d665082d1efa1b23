package dev.fern.cocoeval;

import dev.fern.cocoeval.id.IdTable;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.keypoint.Keypoints;
import dev.fern.cocoeval.mask.Rle;
import dev.fern.cocoeval.mask.Segmentation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.RandomAccess;

/**
 * The detections of a COCO results file, or of a detector that is still running. Immutable; held as
 * columns of primitives, 56 bytes per detection, with masks or keypoints where they are asked for.
 */
public final class CocoResults {
    private final int size;
    private final long[] imageIds;
    private final long[] categoryIds;
    private final double[] boxes;
    private final double[] scores;
    private final Map<Integer, CocoProblem> scoreFlaws;
    private final Map<Integer, CocoProblem> boxFlaws;
    private final double[] areas;
    private final Shapes shapes;
    private final boolean hasBoxes;
    private final IdTable ids;
    private final String file;
    private final List<String> notes;

    private CocoResults(Builder builder, String file, List<String> notes) {
        size = builder.size;
        // the builder may go on, and then writes beyond this size or into arrays of its own
        imageIds = builder.imageIds;
        categoryIds = builder.categoryIds;
        boxes = builder.boxes;
        scores = builder.scores;
        areas = builder.areas;
        shapes = builder.shapes;
        hasBoxes = builder.hasBoxes;
        scoreFlaws = Map.copyOf(builder.scoreFlaws);
        boxFlaws = Map.copyOf(builder.boxFlaws);
        ids = builder.ids;
        this.file = file;
        this.notes = List.copyOf(notes);
    }

    /**
     * Reads a results file in one pass, as tolerantly as pycocotools: a detection without a score,
     * for example, is refused only when the evaluation comes to use it.
     *
     * @param file JSON, plain or gzip: an array of objects with {@code image_id}, {@code
     *     category_id}, {@code bbox} (xywh in pixels) and {@code score}
     * @return the detections in file order
     * @throws CocoFormatException if the file can't be read, or where pycocotools raises on loading
     */
    public static CocoResults read(Path file) throws CocoFormatException {
        return read(file, IouType.BOX);
    }

    /**
     * Reads a results file of masks or keypoints, as {@link #read(Path)} reads one of boxes. The
     * first detection decides where areas come from, as in pycocotools: boxes if it has one, else
     * masks, else keypoints.
     *
     * @param file JSON, plain or gzip: an array of objects with {@code image_id}, {@code
     *     category_id}, {@code score} and {@code segmentation} or {@code keypoints}
     * @param type what to keep of each detection: its mask, its keypoints, or nothing but the box
     * @return the detections in file order
     * @throws CocoFormatException if the file can't be read, or where pycocotools raises on loading
     */
    public static CocoResults read(Path file, IouType type) throws CocoFormatException {
        return CocoResultsReader.read(file, type);
    }

    /**
     * Reads a results file for one data set, and more than {@link #read} takes: an {@code image_id}
     * or {@code category_id} that is written like a listed id but is a string where that is a
     * number, or the other way round; a file's name, whole or without its ending, as {@code
     * image_id} or as {@code file_name} in its place; a mask of any form without a {@code bbox}.
     * Detections on images that are not listed are left out. {@link CocoAdvice} counts them.
     *
     * @param file JSON, plain or gzip
     * @param dataset the annotations; not to be used by other threads meanwhile. Masks or keypoints
     *     are kept if it keeps them
     * @return the detections in file order
     * @throws CocoFormatException if the file can't be read, a record lacks what it needs, or no
     *     detection is left
     */
    public static CocoResults readLeniently(Path file, CocoDataset dataset)
            throws CocoFormatException {
        return CocoResultsReader.readLeniently(file, dataset);
    }

    /** {@return an empty builder; evaluation is fastest if detections are added image by image} */
    public static Builder builder() {
        return new Builder(new IdTable(), Map.of(), IouType.BOX);
    }

    /**
     * Starts to collect detections in the images of a data set, of which ids may be strings: {@link
     * #write} writes those ids. Masks or keypoints are kept if the data set keeps them.
     *
     * @param dataset its records give the ids of images; those of categories are its own or those
     *     of its {@linkplain CocoDataset#numberedCategories numbered categories}
     * @return an empty builder
     */
    public static Builder builder(CocoDataset dataset) {
        Map<Long, Long> numbers = new HashMap<>();
        List<CocoCategory> numbered = dataset.numberedCategories();
        for (int i = 0; i < numbered.size(); i++) {
            long id = dataset.categories().get(i).id();
            if (numbered.get(i).id() != id) {
                numbers.put(numbered.get(i).id(), id);
            }
        }
        return new Builder(dataset.ids(), numbers, dataset.iouType());
    }

    /** {@return the number of detections} */
    public int size() {
        return size;
    }

    /**
     * {@return the id of the image that a detection lies on}
     *
     * @param i position of the detection, 0 to {@code size() - 1}, in the order of adding
     */
    public long imageId(int i) {
        return imageIds[Objects.checkIndex(i, size)];
    }

    /**
     * {@return the id of a detection's category}
     *
     * @param i position of the detection, 0 to {@code size() - 1}
     */
    public long categoryId(int i) {
        return categoryIds[Objects.checkIndex(i, size)];
    }

    /**
     * {@return a detection's box, xywh in pixels}
     *
     * @param i position of the detection, 0 to {@code size() - 1}
     */
    public Box box(int i) {
        int at = 4 * Objects.checkIndex(i, size);
        return new Box(boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3]);
    }

    /**
     * {@return a detection's score; NaN if the file gives none}
     *
     * @param i position of the detection, 0 to {@code size() - 1}
     */
    public double score(int i) {
        return scores[Objects.checkIndex(i, size)];
    }

    /**
     * {@return a detection as a record, made anew with each call}
     *
     * @param i position of the detection, 0 to {@code size() - 1}
     */
    public CocoDetection get(int i) {
        return new CocoDetection(imageId(i), categoryId(i), box(i), score(i));
    }

    /** {@return a view of all detections in the order of adding; its records are made on access} */
    public List<CocoDetection> detections() {
        return new Detections();
    }

    private final class Detections extends AbstractList<CocoDetection> implements RandomAccess {
        @Override
        public CocoDetection get(int i) {
            return CocoResults.this.get(i);
        }

        @Override
        public int size() {
            return size;
        }
    }

    /**
     * Writes a COCO results file, whole or not at all.
     *
     * @param file compressed with gzip if its name ends in {@code .gz}
     * @throws IOException if it can't be written; an older file of this name is then left as it was
     */
    public void write(Path file) throws IOException {
        CocoWriter.write(this, file);
    }

    /** x, y, width, height of each: [size, 4], perhaps with room to spare. Not to be changed. */
    double[] boxes() {
        return boxes;
    }

    /** [size], perhaps with room to spare. Not to be changed. */
    double[] scores() {
        return scores;
    }

    /** In square pixels, that of the box or, where the file has masks for boxes, of the mask. */
    double area(int i) {
        return areas == null || Double.isNaN(areas[i])
                ? boxes[4 * i + 2] * boxes[4 * i + 3]
                : areas[i];
    }

    /** {@return what the detections have beside boxes: masks, keypoints, or nothing (box)} */
    public IouType iouType() {
        return shapes.type();
    }

    /**
     * Draws the mask of a detection.
     *
     * @param i position of the detection, 0 to {@code size() - 1}
     * @param image that it lies on
     * @return the rectangle of the box where the detection has no mask; empty if masks were not
     *     read, and where the file has a mask that can't be drawn
     */
    public Optional<Rle> mask(int i, CocoImage image) {
        Objects.checkIndex(i, size);
        if (shapes.type() != IouType.SEGM) {
            return Optional.empty();
        }
        Segmentation mask = shapes.mask(i);
        try {
            return Optional.of(
                    mask == null
                            ? rectangle(i, image.height(), image.width())
                            : mask.draw(image.height(), image.width()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /**
     * Whether boxes were given, so that areas are theirs, and a detection without a mask is taken
     * for the rectangle of its box.
     */
    boolean hasBoxes() {
        return hasBoxes;
    }

    /** The mask that pycocotools makes of a box. */
    Rle rectangle(int i, long imageHeight, long imageWidth) {
        return Rle.ofBox(imageHeight, imageWidth, Arrays.copyOfRange(boxes, 4 * i, 4 * i + 4));
    }

    /**
     * Finds the keypoints of a detection.
     *
     * @param i position of the detection, 0 to {@code size() - 1}
     * @return empty if keypoints were not read, and where the file has none
     */
    public Optional<Keypoints> keypoints(int i) {
        return Optional.ofNullable(shapes.keypoints(Objects.checkIndex(i, size)))
                .filter(points -> points.problem().isEmpty());
    }

    Shapes shapes() {
        return shapes;
    }

    /** What {@link CocoAdvice} tells of the file. */
    List<String> notes() {
        return notes;
    }

    /** The id by which a data set knows an image or category of these results. */
    long idIn(CocoDataset dataset, long id) {
        return IdTable.isOrdinary(id)
                        || ids == dataset.ids()
                        || ids.isEmpty() && dataset.ids().isEmpty()
                ? id
                : dataset.ids().find(ids.value(id));
    }

    /** What is wrong with the score of detection {@code i}, or null. */
    CocoProblem scoreFlaw(int i) {
        return scoreFlaws.get(i);
    }

    /** What is wrong with the box of detection {@code i} though pycocotools loads it, or null. */
    CocoProblem boxFlaw(int i) {
        return boxFlaws.get(i);
    }

    boolean hasFlaws() {
        return !scoreFlaws.isEmpty() || !boxFlaws.isEmpty();
    }

    IdTable ids() {
        return ids;
    }

    /** The file that the results were read from; null if they come from memory. */
    String file() {
        return file;
    }

    /** Collects detections. Not safe for use by several threads at once. */
    public static final class Builder {
        private int size;
        private long[] imageIds = new long[1024];
        private long[] categoryIds = new long[1024];
        private double[] boxes = new double[4 * 1024];
        private double[] scores = new double[1024];
        private final Map<Integer, CocoProblem> scoreFlaws = new HashMap<>();
        private final Map<Integer, CocoProblem> boxFlaws = new HashMap<>();
        private double[] areas;
        private final Shapes shapes;
        private boolean hasBoxes = true;
        private final IdTable ids;
        private final Map<Long, Long> categoriesByNumber;

        private Builder(IdTable ids, Map<Long, Long> categoriesByNumber, IouType type) {
            this.ids = ids;
            this.categoriesByNumber = categoriesByNumber;
            shapes = new Shapes(type);
        }

        /** For a reader, which has the ids as they are. */
        static Builder with(IdTable ids, IouType type) {
            return new Builder(ids, Map.of(), type);
        }

        /**
         * Adds one detection.
         *
         * @param detection copied into columns
         * @return this builder
         */
        public Builder add(CocoDetection detection) {
            return add(
                    detection.imageId(),
                    detection.categoryId(),
                    detection.box(),
                    detection.score());
        }

        /**
         * Adds one detection.
         *
         * @param imageId the id of an image of the data set
         * @param categoryId the id of a category of the data set, or its number
         * @param box xywh in pixels
         * @param score higher means surer; NaN comes last
         * @return this builder
         */
        public Builder add(long imageId, long categoryId, Box box, double score) {
            add(imageId, categoryId, box.x(), box.y(), box.width(), box.height(), score);
            shapes.add(null, null);
            return this;
        }

        /**
         * Adds one detected mask, of which box and area are taken.
         *
         * @param imageId the id of an image of the data set
         * @param categoryId the id of a category of the data set, or its number
         * @param mask of the size of the image
         * @param score higher means surer; NaN comes last
         * @return this builder
         */
        public Builder add(long imageId, long categoryId, Rle mask, double score) {
            double[] box = mask.box();
            add(imageId, categoryId, box[0], box[1], box[2], box[3], score);
            shapes.add(Segmentation.compressed(mask), null);
            shapes.setMeasured();
            area(mask.area());
            hasNoBoxes();
            return this;
        }

        /**
         * Adds detected keypoints, of which box and area are taken.
         *
         * @param imageId the id of an image of the data set
         * @param categoryId the id of a category of the data set, or its number
         * @param keypoints as many points as there are sigmas
         * @param score higher means surer; NaN comes last
         * @return this builder
         */
        public Builder add(long imageId, long categoryId, Keypoints keypoints, double score) {
            double[] box = keypoints.box();
            add(imageId, categoryId, box[0], box[1], box[2], box[3], score);
            shapes.add(null, keypoints);
            hasNoBoxes();
            return this;
        }

        void add(
                long imageId,
                long categoryId,
                double x,
                double y,
                double width,
                double height,
                double score) {
            if (size == scores.length) {
                int more = Math.addExact(size, size >> 1);
                imageIds = Arrays.copyOf(imageIds, more);
                categoryIds = Arrays.copyOf(categoryIds, more);
                boxes = Arrays.copyOf(boxes, Math.multiplyExact(4, more));
                scores = Arrays.copyOf(scores, more);
                areas = areas == null ? null : Arrays.copyOf(areas, more);
            }
            if (areas != null) {
                areas[size] = Double.NaN;
            }
            imageIds[size] = imageId;
            categoryIds[size] =
                    categoriesByNumber.isEmpty()
                            ? categoryId
                            : categoriesByNumber.getOrDefault(categoryId, categoryId);
            boxes[4 * size] = x;
            boxes[4 * size + 1] = y;
            boxes[4 * size + 2] = width;
            boxes[4 * size + 3] = height;
            scores[size++] = score;
        }

        /** Says that masks or keypoints give boxes and areas. */
        void hasNoBoxes() {
            hasBoxes = false;
        }

        /** Says that the box of the detection that was added last is that of its mask. */
        void boxIsOfMask() {
            shapes.setMeasured();
        }

        /** Gives the detection that was added last what it has beside the box, null for nothing. */
        void shape(Segmentation mask, Keypoints keypoints) {
            shapes.add(mask, keypoints);
        }

        /** {@return how many detections were added so far} */
        public int size() {
            return size;
        }

        /** {@return all detections that were added so far; more may be added afterwards} */
        public CocoResults build() {
            return build(null, List.of());
        }

        CocoResults build(String file, List<String> notes) {
            return new CocoResults(this, file, notes);
        }

        /** Gives the detection that was added last another area than its box has. */
        void area(double area) {
            if (areas == null) {
                areas = new double[scores.length];
                Arrays.fill(areas, Double.NaN);
            }
            areas[size - 1] = area;
        }

        void flawedScore(CocoProblem problem) {
            scoreFlaws.put(size - 1, problem);
        }

        void flawedBox(CocoProblem problem) {
            boxFlaws.put(size - 1, problem);
        }

        IdTable ids() {
            return ids;
        }
    }
}
