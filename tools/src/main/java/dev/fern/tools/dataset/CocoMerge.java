package dev.fern.tools.dataset;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Joins COCO files: categories of one name become one, ids that are taken become new ones, and all
 * others stay.
 */
final class CocoMerge {

    /** Gives ids of one kind of record, each once. */
    private static final class Ids {

        private final Set<String> taken = new HashSet<>();
        private long next = 1;
        private JsonElement first;

        /**
         * Keeps an id if it is free and, as the first one, a number or a text; otherwise takes the
         * least number that is free.
         */
        JsonElement free(JsonElement id) {
            first = first == null ? id : first;
            if (isText(id) == isText(first) && taken.add(id.toString())) {
                return id;
            }
            JsonElement free = numbered();
            while (!taken.add(free.toString())) {
                next++;
                free = numbered();
            }
            return free;
        }

        private JsonElement numbered() {
            return isText(first) ? new JsonPrimitive(Long.toString(next)) : new JsonPrimitive(next);
        }

        private static boolean isText(JsonElement id) {
            return id instanceof JsonPrimitive value && value.isString();
        }
    }

    private final boolean joinImages;
    private final Ids imageIds = new Ids();
    private final Ids categoryIds = new Ids();
    private final Ids annotationIds = new Ids();
    private final Map<String, JsonElement> categoryByName = new HashMap<>();

    /** The image that has a file name, with its id in the result. */
    private record Known(CocoImage image, JsonElement id, Path file) {}

    private final Map<String, Known> imageByName = new HashMap<>();

    /**
     * @param joinImages whether images of one file name are one image
     */
    CocoMerge(boolean joinImages) {
        this.joinImages = joinImages;
    }

    /**
     * Adds a file.
     *
     * @param folder put before the names of its images; empty for none
     * @throws BadInputException if an image of an earlier file has the file name of one of this
     */
    CocoEdit add(Path file, String folder) throws IOException, BadInputException {
        CocoDataset dataset = CocoDataset.read(file);
        Map<Long, JsonElement> images = new HashMap<>();
        Set<Long> joined = new HashSet<>();
        for (CocoImage image : dataset.images()) {
            String name = folder + image.fileName();
            JsonElement id = dataset.idJson(image.id());
            Known known = imageByName.get(name);
            if (known != null && !known.file.equals(file)) {
                requireSame(known, image, name, file);
                images.put(image.id(), known.id);
                joined.add(image.id());
            } else {
                JsonElement free = imageIds.free(id);
                images.put(image.id(), free);
                imageByName.putIfAbsent(name, new Known(image, free, file));
            }
        }
        Map<Long, JsonElement> categories = new HashMap<>();
        Map<String, JsonElement> added = new HashMap<>();
        for (var category : dataset.categories()) {
            if (!categoryByName.containsKey(category.name())) {
                JsonElement id = dataset.idJson(category.id());
                categoryByName.put(category.name(), categoryIds.free(id));
                added.put(id.toString(), categoryByName.get(category.name()));
            }
            categories.put(category.id(), categoryByName.get(category.name()));
        }
        List<CocoAnnotation> objects = dataset.annotations();
        return new CocoEdit(
                file,
                (i, image) -> {
                    long id = dataset.images().get(i).id();
                    image.add("id", images.get(id));
                    image.addProperty("file_name", folder + image.get("file_name").getAsString());
                    return !joined.contains(id);
                },
                (i, category) -> {
                    JsonElement id = added.get(CocoEdit.idText(category.get("id")));
                    category.add("id", id);
                    return id != null;
                },
                (i, object) -> {
                    object.add("id", annotationIds.free(object.get("id")));
                    object.add("image_id", images.get(objects.get(i).imageId()));
                    object.add("category_id", categories.get(objects.get(i).categoryId()));
                    return true;
                });
    }

    private void requireSame(Known known, CocoImage image, String name, Path file)
            throws BadInputException {
        String both = file + ": image " + name + " is in " + known.file + " too";
        if (!joinImages) {
            throw new BadInputException(
                    both
                            + "; --join-images takes both for one image, --folders puts the images"
                            + " of each file into a folder of its own");
        }
        if (image.width() != known.image.width() || image.height() != known.image.height()) {
            throw new BadInputException(both + ", with another size");
        }
    }

    /** Adds all files, with a folder for each or none. */
    List<CocoEdit> addAll(List<Path> files, List<String> folders)
            throws IOException, BadInputException {
        List<CocoEdit> edits = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            String folder = folders.isEmpty() ? "" : folders.get(i).replaceFirst("/*$", "/");
            edits.add(add(files.get(i), folder));
        }
        return edits;
    }
}
