package dev.fern.tools.format;

import dev.fern.cocoeval.Box;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotatedImage;
import dev.fern.tools.annotation.AnnotatedObject;
import dev.fern.tools.annotation.AnnotationFormatException;
import dev.fern.tools.annotation.AnnotationReader;
import dev.fern.tools.annotation.ImageHeaders;
import dev.fern.tools.annotation.SourceText;
import dev.fern.tools.format.VocAnnotation.VocObject;
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

/**
 * Reads a folder of Pascal VOC XML files, and of the folders below it, in the order of the files'
 * names.
 *
 * @param annotations folder of the XML files, or one file
 * @param imageSet a file of {@code ImageSets/Main} that names the images to take, one per line;
 *     without it all are taken
 * @param images the image folder, for the sizes of images whose XML files don't give them
 * @param coordinates how corner coordinates are meant
 * @param difficult what becomes of objects marked difficult
 */
public record VocReader(
        Path annotations,
        Optional<Path> imageSet,
        Optional<ImageHeaders> images,
        Coordinates coordinates,
        Difficult difficult)
        implements AnnotationReader {

    private static final int MAX_SET_BYTES = 64 << 20;

    /** By so many pixels rounding may swap the corners of a box without area. */
    private static final double ROUNDING = 1e-5;

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

    @Override
    public AnnotatedDataset read() throws IOException {
        List<Path> files =
                imageSet.isPresent() ? listed(annotations, imageSet.get()) : all(annotations);
        List<AnnotatedImage> read = new ArrayList<>();
        TreeSet<String> names = new TreeSet<>();
        Map<String, Path> users = new HashMap<>();
        for (Path file : files) {
            VocAnnotation content = VocAnnotation.read(file);
            String name =
                    images.isPresent()
                            ? images.get().locate(content.fileName())
                            : content.fileName();
            Path other = users.put(name, file);
            if (other != null) {
                throw new AnnotationFormatException(
                        file, "filename " + name + " is already that of " + other);
            }
            List<AnnotatedObject> objects = new ArrayList<>();
            for (VocObject object : content.objects()) {
                names.add(object.name());
                if (!object.difficult() || difficult != Difficult.DROP) {
                    boolean crowd = object.difficult() && difficult == Difficult.CROWD;
                    objects.add(AnnotatedObject.boxed(object.name(), box(file, object), crowd));
                }
            }
            read.add(new AnnotatedImage(name, Optional.of(size(file, name, content)), objects));
        }
        return AnnotatedDataset.of(List.copyOf(names), read, List.of());
    }

    private Box box(Path file, VocObject object) throws AnnotationFormatException {
        int inclusive = coordinates == Coordinates.PIXELS ? 1 : 0;
        double width = side(object.xMin(), object.xMax() + inclusive);
        double height = side(object.yMin(), object.yMax() + inclusive);
        if (width < 0 || height < 0) {
            throw new AnnotationFormatException(
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

    private static double side(double from, double to) {
        double side = to - from;
        return side < 0 && side > -ROUNDING ? 0 : side;
    }

    private ImageSize size(Path file, String name, VocAnnotation content) throws IOException {
        if (content.width().isPresent() && content.height().isPresent()) {
            return new ImageSize(content.width().getAsInt(), content.height().getAsInt());
        }
        if (images.isEmpty()) {
            throw new AnnotationFormatException(
                    file, "annotation/size is missing or 0; name the image folder with --images");
        }
        return images.get().size(name);
    }

    private static List<Path> all(Path folder) throws IOException {
        List<Path> xml =
                ImageHeaders.files(
                        folder, file -> file.toString().toLowerCase(Locale.ROOT).endsWith(".xml"));
        if (xml.isEmpty()) {
            throw new AnnotationFormatException(folder, "no XML files here");
        }
        return xml;
    }

    /**
     * Returns the XML files of the images that an image set names. Its lines may have a second
     * column (-1, 0 or 1), as the lists of single categories have.
     */
    private static List<Path> listed(Path folder, Path imageSet) throws IOException {
        List<Path> files = new ArrayList<>();
        for (String line : SourceText.read(imageSet, MAX_SET_BYTES).lines().toList()) {
            if (!line.isBlank()) {
                String name = checked(imageSet, line.strip().split("\\s+")[0]);
                Path file = folder.resolve(name + ".xml");
                if (!Files.exists(file)) {
                    throw new AnnotationFormatException(
                            imageSet, "lists " + name + ", but there is no " + file);
                }
                files.add(file);
            }
        }
        return files;
    }

    /** Returns a file name after checking that it leads to a place below the folder. */
    private static String checked(Path file, String name) throws AnnotationFormatException {
        try {
            Path path = Path.of(name.replace('\\', '/')).normalize();
            if (path.isAbsolute() || path.startsWith("..") || path.toString().isEmpty()) {
                throw new AnnotationFormatException(
                        file, "file name \"" + name + "\" leads out of the folder");
            }
            return name;
        } catch (InvalidPathException e) {
            throw new AnnotationFormatException(file, "file name \"" + name + "\" is not valid", e);
        }
    }
}
