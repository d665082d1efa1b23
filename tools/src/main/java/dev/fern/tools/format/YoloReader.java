package dev.fern.tools.format;

import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotatedImage;
import dev.fern.tools.annotation.AnnotationFormatException;
import dev.fern.tools.annotation.AnnotationReader;
import dev.fern.tools.annotation.FileNames;
import dev.fern.tools.annotation.ImageHeaders;
import dev.fern.tools.annotation.SourceText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a YOLO data set: ultralytics' {@code data.yaml}, or a folder with {@code classes.txt} or
 * {@code obj.names}. The labels of an image are in the text file of its name, beside it or, if the
 * image lies below a folder {@code images}, at the same place below {@code labels}. An image
 * without such a file has no objects.
 *
 * @param source {@code data.yaml}, or the folder that holds it or the label files
 * @param images the image folder; by default the source tells it
 * @param split {@code train}, {@code val} or {@code test}; by default all that {@code data.yaml}
 *     has
 */
public record YoloReader(Path source, Optional<ImageHeaders> images, Optional<String> split)
        implements AnnotationReader {

    private static final int MOST_BYTES = 64 << 20;
    private static final String IMAGES = "/images/";
    private static final List<String> NAME_FILES =
            List.of("classes.txt", "obj.names", "labels/classes.txt");

    @Override
    public AnnotatedDataset read() throws IOException {
        Optional<Path> yaml = yaml();
        if (yaml.isPresent()) {
            return read(YoloData.read(yaml.get())).dataset();
        }
        if (!Files.isDirectory(source)) {
            throw new AnnotationFormatException(
                    source, "is neither a data.yaml nor a folder of labels");
        }
        return located(folder(), new YoloLabels(names(), false)).dataset();
    }

    /**
     * A data set and the folder that the names of its images are relative to.
     *
     * @param dataset images with their objects
     * @param folder holds the images
     */
    record Located(AnnotatedDataset dataset, Path folder) {}

    /** Reads the splits of a {@code data.yaml}, which {@link #source} need not be. */
    Located read(YoloData data) throws IOException {
        return located(places(data), new YoloLabels(data.names(), data.hasKeypoints()));
    }

    private Optional<Path> yaml() throws IOException {
        if (Files.isRegularFile(source)) {
            return Optional.of(source);
        }
        if (!Files.isDirectory(source)) {
            return Optional.empty();
        }
        List<Path> yamls =
                ImageHeaders.files(source, file -> file.toString().matches("(?i).*\\.ya?ml"))
                        .stream()
                        .filter(file -> file.getParent().equals(source))
                        .toList();
        Path usual = source.resolve("data.yaml");
        return yamls.contains(usual)
                ? Optional.of(usual)
                : yamls.size() == 1 ? Optional.of(yamls.get(0)) : Optional.empty();
    }

    private List<String> names() throws IOException {
        for (String name : NAME_FILES) {
            Path file = source.resolve(name);
            if (Files.isRegularFile(file)) {
                List<String> names =
                        SourceText.read(file, MOST_BYTES)
                                .lines()
                                .map(String::strip)
                                .filter(line -> !line.isEmpty())
                                .toList();
                if (new LinkedHashSet<>(names).size() < names.size()) {
                    throw new AnnotationFormatException(file, "has a name twice");
                }
                return names;
            }
        }
        return List.of();
    }

    /** Where an image is, and where its labels may be. */
    private record Place(Path image, List<Path> labels) {}

    /** The images of a data set, and the folder that their names are relative to. */
    private record Places(Path base, List<Place> images) {}

    private Places places(YoloData data) throws IOException {
        Set<Path> places = new LinkedHashSet<>();
        for (String name : split.map(List::of).orElse(List.copyOf(data.splits().keySet()))) {
            if (!data.splits().containsKey(name)) {
                throw new AnnotationFormatException(
                        data.file(), "has no " + name + "; it has " + data.splits().keySet());
            }
            places.addAll(data.splits().get(name));
        }
        List<Path> splits = List.copyOf(places);
        if (images.isPresent()) {
            List<Path> labels = splits.stream().map(YoloReader::labelFolder).toList();
            return below(images.get().root(), labels);
        }
        Set<Path> found = new LinkedHashSet<>();
        for (Path place : splits) {
            if (Files.isDirectory(place)) {
                found.addAll(ImageHeaders.images(place));
            } else if (Files.isRegularFile(place)) {
                found.addAll(listed(data, place));
            } else {
                throw new AnnotationFormatException(
                        data.file(),
                        "names " + place + ", which is not there; name the images with --images");
            }
        }
        Path base =
                splits.size() == 1 && Files.isDirectory(splits.get(0))
                        ? splits.get(0)
                        : commonFolder(found, data.root());
        return new Places(
                base,
                found.stream().map(image -> new Place(image, List.of(label(image)))).toList());
    }

    private Places folder() throws IOException {
        Path within = source.resolve("images");
        Path root =
                images.isPresent()
                        ? images.get().root()
                        : Files.isDirectory(within) ? within : source;
        return below(root, List.of(source.resolve("labels"), source));
    }

    private static Places below(Path root, List<Path> labelFolders) throws IOException {
        List<Place> places = new ArrayList<>();
        for (Path image : ImageHeaders.images(root)) {
            String name = FileNames.withoutExtension(slashed(root.relativize(image))) + ".txt";
            List<Path> labels =
                    new ArrayList<>(labelFolders.stream().map(f -> f.resolve(name)).toList());
            labels.add(label(image));
            places.add(new Place(image, labels));
        }
        return new Places(root, places);
    }

    /** Returns the images that a text file lists; {@code ./} is the folder of the file. */
    private static List<Path> listed(YoloData data, Path list) throws IOException {
        List<Path> listed = new ArrayList<>();
        for (String line : SourceText.read(list, MOST_BYTES).lines().toList()) {
            String name = line.strip().replace('\\', '/');
            if (name.isEmpty()) {
                continue;
            }
            try {
                Path beside = list.resolveSibling(name).normalize();
                Path below = data.root().resolve(name).normalize();
                listed.add(
                        name.startsWith("./") || !Files.exists(below) && Files.exists(beside)
                                ? beside
                                : below);
            } catch (InvalidPathException e) {
                throw new AnnotationFormatException(list, "\"" + name + "\" is no path", e);
            }
        }
        return listed;
    }

    private static Path commonFolder(Collection<Path> files, Path otherwise) {
        Path common = null;
        for (Path file : files) {
            common = common == null ? file.getParent() : common;
            while (common != null && !file.startsWith(common)) {
                common = common.getParent();
            }
        }
        return common == null ? otherwise : common;
    }

    private static Path label(Path image) {
        String path = slashed(image);
        int place = path.lastIndexOf(IMAGES);
        String labels =
                place < 0
                        ? path
                        : path.substring(0, place)
                                + "/labels/"
                                + path.substring(place + IMAGES.length());
        return Path.of(FileNames.withoutExtension(labels) + ".txt");
    }

    private static Path labelFolder(Path images) {
        return label(images.resolve("x.txt")).getParent();
    }

    private static String slashed(Path path) {
        return path.toString().replace('\\', '/');
    }

    private Located located(Places places, YoloLabels reader) throws IOException {
        if (places.images().isEmpty()) {
            throw new AnnotationFormatException(
                    source, "no images in " + places.base() + "; name them with --images");
        }
        List<AnnotatedImage> read = new ArrayList<>();
        int unlabelled = 0;
        for (Place place : places.images()) {
            ImageSize size = ImageHeaders.upright(place.image());
            Optional<Path> labels =
                    place.labels().stream().filter(Files::isRegularFile).findFirst();
            unlabelled += labels.isEmpty() ? 1 : 0;
            read.add(
                    new AnnotatedImage(
                            slashed(places.base().relativize(place.image())),
                            Optional.of(size),
                            labels.isEmpty() ? List.of() : reader.read(labels.get(), size)));
        }
        if (unlabelled == read.size()) {
            throw new AnnotationFormatException(
                    source,
                    "no image has a label file; that of the first would be "
                            + places.images().get(0).labels().get(0));
        }
        List<String> notes = new ArrayList<>();
        notes.add("file names are relative to " + places.base());
        if (unlabelled > 0) {
            notes.add(
                    String.format(
                            Locale.ROOT,
                            "%d of %d images have no label file and so no objects",
                            unlabelled,
                            read.size()));
        }
        return new Located(AnnotatedDataset.of(reader.names(), read, notes), places.base());
    }
}
