package dev.fern.tools.dataset;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
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

        /** Keeps an id if it is free; otherwise takes the least number that no file has. */
        JsonElement free(JsonElement id) {
            if (taken.add(id.toString())) {
                return id;
            }
            while (!taken.add(Long.toString(next))) {
                next++;
            }
            return new JsonPrimitive(next);
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
        Map<String, JsonElement> images = new HashMap<>();
        Set<String> joined = new HashSet<>();
        for (CocoImage image : dataset.images()) {
            String name = folder + image.fileName();
            JsonElement id = dataset.idJson(image.id());
            Known known = imageByName.get(name);
            if (known != null && !known.file.equals(file)) {
                requireSame(known, image, name, file);
                images.put(id.toString(), known.id);
                joined.add(id.toString());
            } else {
                JsonElement free = imageIds.free(id);
                images.put(id.toString(), free);
                imageByName.putIfAbsent(name, new Known(image, free, file));
            }
        }
        Map<String, JsonElement> categories = new HashMap<>();
        Set<String> added = new HashSet<>();
        for (var category : dataset.categories()) {
            JsonElement id = dataset.idJson(category.id());
            if (!categoryByName.containsKey(category.name())) {
                categoryByName.put(category.name(), categoryIds.free(id));
                added.add(id.toString());
            }
            categories.put(id.toString(), categoryByName.get(category.name()));
        }
        return new CocoEdit(
                file,
                (i, image) -> {
                    String id = image.get("id").toString();
                    image.add("id", images.get(id));
                    image.addProperty("file_name", folder + image.get("file_name").getAsString());
                    return !joined.contains(id);
                },
                (i, category) -> {
                    String id = category.get("id").toString();
                    category.add("id", categories.get(id));
                    return added.contains(id);
                },
                (i, object) -> {
                    object.add("id", annotationIds.free(object.get("id")));
                    replace(object, "image_id", images);
                    replace(object, "category_id", categories);
                    return true;
                });
    }

    private static void replace(JsonObject object, String field, Map<String, JsonElement> ids) {
        JsonElement id = ids.get(object.get(field).toString());
        if (id == null) {
            throw new IllegalStateException(field + " " + object.get(field) + " has no record");
        }
        object.add(field, id);
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
