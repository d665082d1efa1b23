package dev.fern.tools.annotation;

import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Images, their objects, and the names of the categories.
 *
 * @param categories each name once; their order gives the ids of formats that number categories
 * @param images in the order that they are written
 * @param notes what a reader left out or took in a way that the user should know, one line each
 */
public record AnnotatedDataset(
        List<String> categories, List<AnnotatedImage> images, List<String> notes) {

    /**
     * Copies the lists.
     *
     * @param categories names
     * @param images with objects of these categories
     * @param notes lines, or none
     */
    public AnnotatedDataset {
        categories = List.copyOf(categories);
        images = List.copyOf(images);
        notes = List.copyOf(notes);
    }

    /**
     * Makes a data set of a format that may declare its categories.
     *
     * @param declared the names that the files declare, in their order; names that occur without it
     *     follow in alphabetical order
     * @param images in the order that they are written
     * @param notes what the user should know, one line each
     * @return a data set with all categories that are declared or occur
     */
    public static AnnotatedDataset of(
            List<String> declared, List<AnnotatedImage> images, List<String> notes) {
        TreeSet<String> occurring = new TreeSet<>();
        for (AnnotatedImage image : images) {
            image.objects().forEach(object -> occurring.add(object.category()));
        }
        Set<String> names = new LinkedHashSet<>(declared);
        names.addAll(occurring);
        return new AnnotatedDataset(List.copyOf(names), images, notes);
    }

    /**
     * Gives the categories another order, or more of them.
     *
     * @param names all names in order
     * @return a data set of these categories
     * @throws BadInputException naming the first image with an object of another category, or a
     *     name that comes twice
     */
    public AnnotatedDataset withCategories(List<String> names) throws BadInputException {
        Set<String> known = new LinkedHashSet<>();
        for (String name : names) {
            if (!known.add(name)) {
                throw new BadInputException("--categories: names " + name + " twice");
            }
        }
        for (AnnotatedImage image : images) {
            for (AnnotatedObject object : image.objects()) {
                if (!known.contains(object.category())) {
                    throw new BadInputException(
                            image.fileName()
                                    + ": category \""
                                    + object.category()
                                    + "\" is not one of "
                                    + names);
                }
            }
        }
        return new AnnotatedDataset(names, images, notes);
    }

    /**
     * Reads the sizes that are not known from the images.
     *
     * @param folder the images
     * @return a data set whose images all have sizes
     * @throws IOException naming the image that can't be read
     */
    public AnnotatedDataset withSizes(ImageHeaders folder) throws IOException {
        List<AnnotatedImage> sized = new ArrayList<>();
        for (AnnotatedImage image : images) {
            Optional<ImageSize> size = image.size();
            if (size.isEmpty()) {
                size = Optional.of(folder.size(image.fileName()));
            }
            sized.add(new AnnotatedImage(image.fileName(), size, image.objects()));
        }
        return new AnnotatedDataset(categories, sized, notes);
    }

    /** {@return the number of objects in all images} */
    public int objectCount() {
        return images.stream().mapToInt(image -> image.objects().size()).sum();
    }

    /** {@return the number of crowds in all images} */
    public long crowdCount() {
        return images.stream()
                .flatMap(image -> image.objects().stream())
                .filter(AnnotatedObject::crowd)
                .count();
    }

    /**
     * Numbers images, categories and objects from 1, in their order.
     *
     * @return the data set as COCO has it, without outlines
     */
    public CocoDataset toCoco() {
        Map<String, Long> ids = new HashMap<>();
        List<CocoCategory> cocoCategories = new ArrayList<>();
        for (String name : categories) {
            ids.put(name, ids.size() + 1L);
            cocoCategories.add(new CocoCategory(ids.size(), name, ""));
        }
        List<CocoImage> cocoImages = new ArrayList<>();
        List<CocoAnnotation> annotations = new ArrayList<>();
        for (AnnotatedImage image : images) {
            long imageId = cocoImages.size() + 1L;
            int width = image.size().map(ImageSize::width).orElse(0);
            int height = image.size().map(ImageSize::height).orElse(0);
            cocoImages.add(new CocoImage(imageId, image.fileName(), width, height));
            for (AnnotatedObject object : image.objects()) {
                annotations.add(
                        new CocoAnnotation(
                                annotations.size() + 1L,
                                imageId,
                                ids.get(object.category()),
                                object.box(),
                                object.area(),
                                object.crowd()));
            }
        }
        return CocoDataset.of(cocoImages, cocoCategories, annotations);
    }

    /** {@return the objects' outlines in the order of the annotations of {@link #toCoco}} */
    public List<List<Polygon>> outlines() {
        List<List<Polygon>> outlines = new ArrayList<>();
        for (AnnotatedImage image : images) {
            image.objects().forEach(object -> outlines.add(object.outline()));
        }
        return Collections.unmodifiableList(outlines);
    }
}
