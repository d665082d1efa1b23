package dev.fern.detection.data;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.ImageSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Labelled images that a program lists row by row, such as those of a database. */
public final class LabelledRows implements LabelledSource {

    private final String name;
    private final CocoDataset annotations;
    private final Map<Long, ImageSource> images;

    private LabelledRows(String name, CocoDataset annotations, Map<Long, ImageSource> images) {
        this.name = name;
        this.annotations = annotations;
        this.images = images;
    }

    /**
     * Begins with no rows.
     *
     * @param name what messages call the whole of them, such as {@code table photo}
     * @return a builder
     */
    public static Builder builder(String name) {
        return new Builder(Objects.requireNonNull(name, "name"));
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public CocoDataset annotations() {
        return annotations;
    }

    @Override
    public ImageSource image(CocoImage image) throws IOException {
        return images.get(image.id());
    }

    /** Takes rows in any order. Their order is that of the data set. */
    public static final class Builder {

        private final String name;
        private final Map<Long, CocoCategory> categories = new LinkedHashMap<>();
        private final Map<Long, ImageSource> images = new LinkedHashMap<>();
        private final List<CocoAnnotation> boxes = new ArrayList<>();

        private Builder(String name) {
            this.name = name;
        }

        /**
         * Adds a category.
         *
         * @param id is none of an earlier category's
         * @param category its name
         * @return this
         * @throws IllegalArgumentException if the id comes twice
         */
        public Builder category(long id, String category) {
            if (categories.putIfAbsent(id, new CocoCategory(id, category, "")) != null) {
                throw refusal("category " + id + " comes twice: '" + category + "'");
            }
            return this;
        }

        /**
         * Adds an image, which messages call a row of this name and id.
         *
         * @param id is none of an earlier image's
         * @param bytes fetches the bytes of the image's file whenever they are needed, on several
         *     threads at a time
         * @return this
         * @throws IllegalArgumentException if the id comes twice
         */
        public Builder image(long id, ImageSource.Bytes bytes) {
            return image(id, ImageSource.ofBytes(name + ", row " + id, bytes));
        }

        /**
         * Adds an image whose bytes come from anywhere.
         *
         * @param id is none of an earlier image's
         * @param image where its bytes are
         * @return this
         * @throws IllegalArgumentException if the id comes twice
         */
        public Builder image(long id, ImageSource image) {
            Objects.requireNonNull(image, "image");
            if (images.putIfAbsent(id, image) != null) {
                throw refusal("image " + id + " comes twice");
            }
            return this;
        }

        /**
         * Adds a box.
         *
         * @param imageId the image that it lies on, which may come later
         * @param categoryId a category, which may come later
         * @param x left edge in pixels of the image
         * @param y upper edge
         * @param width in pixels, above 0
         * @param height in pixels, above 0
         * @return this
         * @throws IllegalArgumentException if a number is not finite or a size is not above 0
         */
        public Builder box(
                long imageId, long categoryId, double x, double y, double width, double height) {
            Box box = new Box(x, y, width, height);
            if (!Double.isFinite(box.x2()) || !Double.isFinite(box.y2())) {
                throw refusal(text(imageId, box) + " has a number that is not finite");
            }
            if (!(width > 0 && height > 0)) {
                throw refusal(text(imageId, box) + " has no area");
            }
            boxes.add(
                    new CocoAnnotation(
                            boxes.size() + 1L, imageId, categoryId, box, box.area(), false));
            return this;
        }

        /**
         * Ends the rows.
         *
         * @return the labelled images
         * @throws IllegalArgumentException if there is no image or no category, or if a box lies on
         *     an unknown image or is of an unknown category
         */
        public LabelledRows build() {
            if (images.isEmpty() || categories.isEmpty()) {
                throw refusal("has no " + (images.isEmpty() ? "image" : "category"));
            }
            for (CocoAnnotation box : boxes) {
                if (!images.containsKey(box.imageId())) {
                    throw refusal(text(box.imageId(), box.box()) + ": there is no such image");
                }
                if (!categories.containsKey(box.categoryId())) {
                    throw refusal(
                            text(box.imageId(), box.box())
                                    + ": there is no category "
                                    + box.categoryId()
                                    + "; there are "
                                    + categories.keySet());
                }
            }
            List<CocoImage> listed =
                    images.keySet().stream().map(id -> new CocoImage(id, "", 0, 0)).toList();
            return new LabelledRows(
                    name,
                    CocoDataset.of(listed, List.copyOf(categories.values()), boxes),
                    Map.copyOf(images));
        }

        private IllegalArgumentException refusal(String problem) {
            return new IllegalArgumentException(name + ": " + problem);
        }

        private static String text(long imageId, Box box) {
            return String.format(
                    "image %d: the box at x %s, y %s of %s x %s pixels",
                    imageId, box.x(), box.y(), box.width(), box.height());
        }
    }
}
