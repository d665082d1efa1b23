package dev.fern.tools.dataset;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.dataset.VocAnnotation.VocObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Makes one COCO data set of a folder of Pascal VOC XML files. Images are numbered from 1 in the
 * order of the files, categories from 1 in the order given, or else in alphabetical order.
 *
 * @param coordinates how corner coordinates are meant
 * @param difficult what becomes of objects marked difficult
 * @param categories the names of the categories in order; if empty, the names that occur
 */
public record VocConverter(Coordinates coordinates, Difficult difficult, List<String> categories) {

    /** What {@code xmin} to {@code xmax} stand for. */
    public enum Coordinates {
        /**
         * Positions of edges: x = xmin, width = xmax - xmin. Most converters do so, and most tools
         * that write VOC files, such as labelImg, mean it.
         */
        EDGES,
        /**
         * Indices of the first and last pixel within, counted from 1, as the VOC challenge itself
         * defines them: x = xmin - 1, width = xmax - xmin + 1.
         */
        PIXELS
    }

    /**
     * What becomes of objects marked difficult, which the VOC challenge leaves out of its
     * evaluation.
     */
    public enum Difficult {
        /**
         * A crowd: it is no target in training, and a detection of it counts neither as right nor
         * as wrong. This is as near as COCO gets to VOC's rule.
         */
        CROWD,
        /** An object like any other. */
        KEEP,
        /** Nothing: a detection of it counts as wrong. */
        DROP
    }

    /**
     * Copies the list.
     *
     * @param coordinates how corner coordinates are meant
     * @param difficult what becomes of objects marked difficult
     * @param categories names in order, or none
     */
    public VocConverter {
        categories = List.copyOf(categories);
    }

    /**
     * Converts a data set.
     *
     * @param annotations folder of the XML files
     * @param imageSet a file of {@code ImageSets/Main} that names the images to take, one per line;
     *     without it all are taken, in the order of their names
     * @param images the image folder, for the sizes of images whose XML files don't give them
     * @return the data set
     * @throws VocFormatException if a file is damaged, or refers to something that is not there
     * @throws IOException if a file can't be read
     */
    public CocoDataset convert(
            Path annotations, Optional<Path> imageSet, Optional<ImageFolder> images)
            throws IOException {
        List<Path> files =
                imageSet.isPresent() ? listed(annotations, imageSet.get()) : all(annotations);
        Map<Path, VocAnnotation> contents = new HashMap<>();
        TreeSet<String> names = new TreeSet<>();
        Map<String, Path> users = new HashMap<>();
        for (Path file : files) {
            VocAnnotation content = VocAnnotation.read(file);
            contents.put(file, content);
            content.objects().forEach(object -> names.add(object.name()));
            Path other = users.put(checked(file, content.fileName()), file);
            if (other != null) {
                throw new VocFormatException(
                        file, "filename " + content.fileName() + " is already that of " + other);
            }
        }
        List<String> order = categories.isEmpty() ? List.copyOf(names) : categories;
        List<CocoImage> cocoImages = new ArrayList<>();
        List<CocoAnnotation> cocoAnnotations = new ArrayList<>();
        for (Path file : files) {
            VocAnnotation content = contents.get(file);
            long imageId = cocoImages.size() + 1;
            ImageSize size = size(file, content, images);
            cocoImages.add(new CocoImage(imageId, content.fileName(), size.width(), size.height()));
            for (VocObject object : content.objects()) {
                int category = order.indexOf(object.name()) + 1;
                if (category == 0) {
                    throw new VocFormatException(
                            file, "object name \"" + object.name() + "\" is not one of " + order);
                }
                if (object.difficult() && difficult == Difficult.DROP) {
                    continue;
                }
                Box box = box(file, object);
                boolean crowd = object.difficult() && difficult == Difficult.CROWD;
                long id = cocoAnnotations.size() + 1;
                cocoAnnotations.add(
                        new CocoAnnotation(id, imageId, category, box, box.area(), crowd));
            }
        }
        List<CocoCategory> cocoCategories = new ArrayList<>();
        for (String name : order) {
            cocoCategories.add(new CocoCategory(cocoCategories.size() + 1, name, ""));
        }
        return CocoDataset.of(cocoImages, cocoCategories, cocoAnnotations);
    }

    private Box box(Path file, VocObject object) throws VocFormatException {
        int inclusive = coordinates == Coordinates.PIXELS ? 1 : 0;
        double width = object.xMax() - object.xMin() + inclusive;
        double height = object.yMax() - object.yMin() + inclusive;
        if (width < 0 || height < 0) {
            throw new VocFormatException(
                    file,
                    String.format(
                            Locale.ROOT,
                            "object \"%s\": bndbox from (%s, %s) to (%s, %s) has its corners swapped",
                            object.name(),
                            object.xMin(),
                            object.yMin(),
                            object.xMax(),
                            object.yMax()));
        }
        return new Box(object.xMin() - inclusive, object.yMin() - inclusive, width, height);
    }

    private static ImageSize size(Path file, VocAnnotation content, Optional<ImageFolder> images)
            throws IOException {
        if (content.width().isPresent() && content.height().isPresent()) {
            return new ImageSize(content.width().getAsInt(), content.height().getAsInt());
        }
        if (images.isEmpty()) {
            throw new VocFormatException(
                    file, "annotation/size is missing or 0; name the image folder with --images");
        }
        return ImageReader.standard().size(images.get().resolve(content.fileName()));
    }

    private static List<Path> all(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> xml =
                    files.filter(file -> file.toString().endsWith(".xml")).sorted().toList();
            if (xml.isEmpty()) {
                throw new VocFormatException(folder, "no XML files in this folder");
            }
            return xml;
        }
    }

    /**
     * Returns the XML files of the images that an image set names. Its lines may have a second
     * column (-1, 0 or 1), as the lists of single categories have.
     */
    private static List<Path> listed(Path folder, Path imageSet) throws IOException {
        List<Path> files = new ArrayList<>();
        for (String line : TextFile.read(imageSet).lines().toList()) {
            if (!line.isBlank()) {
                String name = checked(imageSet, line.strip().split("\\s+")[0]);
                Path file = folder.resolve(name + ".xml");
                if (!Files.exists(file)) {
                    throw new VocFormatException(
                            imageSet, "lists " + name + ", but there is no " + file);
                }
                files.add(file);
            }
        }
        return files;
    }

    /** Returns a file name after checking that it leads to a place below the folder. */
    private static String checked(Path file, String name) throws VocFormatException {
        try {
            Path path = Path.of(name.replace('\\', '/')).normalize();
            if (path.isAbsolute() || path.startsWith("..") || path.toString().isEmpty()) {
                throw new VocFormatException(
                        file, "file name \"" + name + "\" leads out of the folder");
            }
            return name;
        } catch (InvalidPathException e) {
            throw new VocFormatException(file, "file name \"" + name + "\" is not valid", e);
        }
    }
}
