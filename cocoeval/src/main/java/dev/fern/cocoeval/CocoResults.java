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
    private final DetectionColumns columns;
    private final IdTable ids;
    private final String file;
    private final List<String> notes;

    CocoResults(DetectionColumns columns, IdTable ids, String file, List<String> notes) {
        size = columns.size();
        // they may grow, and then in arrays of their own or beyond this size
        this.columns = columns.view();
        this.ids = ids;
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
        return columns.imageId(Objects.checkIndex(i, size));
    }

    /**
     * {@return the id of a detection's category}
     *
     * @param i position of the detection, 0 to {@code size() - 1}
     */
    public long categoryId(int i) {
        return columns.categoryId(Objects.checkIndex(i, size));
    }

    /**
     * {@return a detection's box, xywh in pixels}
     *
     * @param i position of the detection, 0 to {@code size() - 1}
     */
    public Box box(int i) {
        int at = 4 * Objects.checkIndex(i, size);
        double[] boxes = columns.boxes();
        return new Box(boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3]);
    }

    /**
     * {@return a detection's score; NaN if the file gives none}
     *
     * @param i position of the detection, 0 to {@code size() - 1}
     */
    public double score(int i) {
        return columns.scores()[Objects.checkIndex(i, size)];
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
        return columns.boxes();
    }

    /** [size], perhaps with room to spare. Not to be changed. */
    double[] scores() {
        return columns.scores();
    }

    /** In square pixels, that of the box or, where the file has masks for boxes, of the mask. */
    double area(int i) {
        return columns.area(i);
    }

    /** {@return what the detections have beside boxes: masks, keypoints, or nothing (box)} */
    public IouType iouType() {
        return shapes().type();
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
        if (shapes().type() != IouType.SEGM) {
            return Optional.empty();
        }
        return shapes().mask(i) == null
                ? Optional.of(rectangle(i, image.height(), image.width()))
                : shapes().draw(i, image);
    }

    /**
     * Whether boxes were given, so that areas are theirs, and a detection without a mask is taken
     * for the rectangle of its box.
     */
    boolean hasBoxes() {
        return columns.hasBoxes();
    }

    /** The mask that pycocotools makes of a box. */
    Rle rectangle(int i, long imageHeight, long imageWidth) {
        return Rle.ofBox(
                imageHeight, imageWidth, Arrays.copyOfRange(columns.boxes(), 4 * i, 4 * i + 4));
    }

    /**
     * Finds the keypoints of a detection.
     *
     * @param i position of the detection, 0 to {@code size() - 1}
     * @return empty if keypoints were not read, and where the file has none
     */
    public Optional<Keypoints> keypoints(int i) {
        return Optional.ofNullable(shapes().keypoints(Objects.checkIndex(i, size)))
                .filter(points -> points.problem().isEmpty());
    }

    Shapes shapes() {
        return columns.shapes();
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
        return columns.scoreFlaws().get(i);
    }

    /** What is wrong with the box of detection {@code i} though pycocotools loads it, or null. */
    CocoProblem boxFlaw(int i) {
        return columns.boxFlaws().get(i);
    }

    boolean hasFlaws() {
        return !columns.scoreFlaws().isEmpty() || !columns.boxFlaws().isEmpty();
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
        private final DetectionColumns columns;
        private final IdTable ids;
        private final Map<Long, Long> categoriesByNumber;

        private Builder(IdTable ids, Map<Long, Long> categoriesByNumber, IouType type) {
            this.ids = ids;
            this.categoriesByNumber = categoriesByNumber;
            columns = new DetectionColumns(type);
        }

        /**
         * Adds one detection.
         *
         * @param detection copied into columns
         * @return this builder
         * @throws IllegalArgumentException as where its parts are added
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
         * @param box xywh in pixels, finite, of sizes that are not negative
         * @param score higher means surer; not NaN
         * @return this builder
         * @throws IllegalArgumentException naming the image, if the score is NaN or the box can't
         *     be used
         */
        public Builder add(long imageId, long categoryId, Box box, double score) {
            requireScore(imageId, score);
            box.requireMeant("a detection on image " + imageId);
            double[] xywh = {box.x(), box.y(), box.width(), box.height()};
            columns.add(imageId, category(categoryId), xywh, score, null, null);
            return this;
        }

        /**
         * Adds one detected mask, of which box and area are taken.
         *
         * @param imageId the id of an image of the data set
         * @param categoryId the id of a category of the data set, or its number
         * @param mask of the size of the image
         * @param score higher means surer; not NaN
         * @return this builder
         * @throws IllegalArgumentException naming the image, if the score is NaN
         */
        public Builder add(long imageId, long categoryId, Rle mask, double score) {
            requireScore(imageId, score);
            Segmentation packed = Segmentation.compressed(mask);
            columns.add(imageId, category(categoryId), mask.box(), score, packed, null);
            columns.boxIsOfMask();
            columns.area(mask.area());
            columns.hasNoBoxes();
            return this;
        }

        /**
         * Adds detected keypoints, of which box and area are taken.
         *
         * @param imageId the id of an image of the data set
         * @param categoryId the id of a category of the data set, or its number
         * @param keypoints as many points as there are sigmas
         * @param score higher means surer; not NaN
         * @return this builder
         * @throws IllegalArgumentException naming the image, if a point or the score is no number
         */
        public Builder add(long imageId, long categoryId, Keypoints keypoints, double score) {
            requireScore(imageId, score);
            Refusals.requireMeant(keypoints, "a detection on image " + imageId);
            columns.add(imageId, category(categoryId), keypoints.box(), score, null, keypoints);
            columns.hasNoBoxes();
            return this;
        }

        private static void requireScore(long imageId, double score) {
            if (Double.isNaN(score)) {
                throw new IllegalArgumentException(
                        "the score of a detection on image " + imageId + " is NaN");
            }
        }

        private long category(long id) {
            return categoriesByNumber.isEmpty() ? id : categoriesByNumber.getOrDefault(id, id);
        }

        /** {@return how many detections were added so far} */
        public int size() {
            return columns.size();
        }

        /** {@return all detections that were added so far; more may be added afterwards} */
        public CocoResults build() {
            return new CocoResults(columns, ids, null, List.of());
        }
    }
}
