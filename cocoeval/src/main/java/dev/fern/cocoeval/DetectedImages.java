package dev.fern.cocoeval;

import dev.fern.cocoeval.id.IdTable;
import dev.fern.cocoeval.id.LooseIds;
import dev.fern.cocoeval.variant.ImageFileName;
import dev.fern.cocoeval.variant.NameIndex;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds what images and categories of a data set the detections of a lenient reader belong to. */
final class DetectedImages {
    private final CocoDataset dataset;
    private final LooseIds imageIds;
    private final LooseIds categoryIds;

    // By name, made when the first name is sought
    private NameIndex<Long> byFileName;
    private Map<String, Optional<Long>> byStem;

    private int sought;
    private int leftOut;
    private String firstLeftOut;

    DetectedImages(CocoDataset dataset) {
        this.dataset = dataset;
        imageIds = new LooseIds(dataset.images().stream().mapToLong(CocoImage::id), ids());
        categoryIds =
                new LooseIds(dataset.categories().stream().mapToLong(CocoCategory::id), ids());
    }

    /** The table that takes the ids of the results. */
    IdTable ids() {
        return dataset.ids();
    }

    /**
     * Finds an image, and counts those that are not listed.
     *
     * @param id as the results give it; {@link IdTable#NONE} without one
     * @param fileName as the results give it; null without one
     * @return the image's id; {@link IdTable#NONE} if it is not listed
     */
    long image(long id, String fileName) {
        sought++;
        long found = id == IdTable.NONE ? IdTable.NONE : imageIds.find(id);
        if (found == IdTable.NONE && ids().isText(id)) {
            found = named((String) ids().value(id));
        }
        if (found == IdTable.NONE && fileName != null) {
            found = named(fileName);
        }
        if (found == IdTable.NONE && leftOut++ == 0) {
            firstLeftOut =
                    id == IdTable.NONE
                            ? "file_name \"" + fileName + '"'
                            : "image_id " + dataset.idText(id);
        }
        return found;
    }

    /** The listed category that an id means; the id itself if there is none. */
    long category(long id) {
        long found = categoryIds.find(id);
        return found == IdTable.NONE ? id : found;
    }

    private long named(String name) {
        if (byFileName == null) {
            byFileName = new NameIndex<>();
            byStem = new HashMap<>();
            for (CocoImage image : dataset.images()) {
                byFileName.add(image.fileName(), image.id());
                // a name that two images share stands for neither
                byStem.merge(
                        ImageFileName.of(image.fileName()).stem(),
                        Optional.of(image.id()),
                        (one, other) -> Optional.empty());
            }
        }
        Optional<Long> found = byFileName.find(name);
        if (found.isEmpty()) {
            found = byStem.getOrDefault(ImageFileName.of(name).last(), Optional.empty());
        }
        return found.orElse(IdTable.NONE);
    }

    /** What {@link CocoAdvice} tells of the results. */
    List<String> notes() {
        return leftOut == 0
                ? List.of()
                : List.of(
                        String.format(
                                "%d of %d detections are left out, since images does not have their"
                                        + " images, the first: %s",
                                leftOut, sought, firstLeftOut));
    }
}
