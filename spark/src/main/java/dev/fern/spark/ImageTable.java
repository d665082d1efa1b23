package dev.fern.spark;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReadException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * The images of a job, listed on the driver in the order of its results.
 *
 * @param images the images
 */
public record ImageTable(List<Image> images) {

    /** What files of a folder are taken for images by the ends of their names. */
    private static final Set<String> ENDINGS =
            Set.of("jpg", "jpeg", "jpe", "png", "bmp", "webp", "tif", "tiff", "gif");

    /**
     * An image.
     *
     * @param id its id in the annotations; 1, 2, 3 without
     * @param path where every executor can read it
     * @param name names it in results
     * @param width in pixels, that the annotations tell; 0 where they do not
     * @param height in pixels
     * @param boxes of the annotations
     */
    public record Image(
            long id, String path, String name, int width, int height, List<Box> boxes) {}

    /**
     * Makes a copy of the list.
     *
     * @param images the images
     */
    public ImageTable {
        images = List.copyOf(images);
    }

    /**
     * Lists the images of annotations.
     *
     * @param coco the annotations
     * @param folder of the images; names of files are sought in a folder of the driver's machine as
     *     everywhere, and taken as they are in one of another file system
     * @return the images in the order of the annotations
     * @throws IOException naming the folder if it is missing, or an image that can't be in it
     */
    static ImageTable annotated(CocoDataset coco, String folder, HadoopFiles files)
            throws IOException {
        Path root = files.path(folder);
        if (!files.system(root).exists(root)) {
            throw new IOException(folder + ": no such image folder");
        }
        ImageFolder local =
                files.isLocal(root)
                        ? new ImageFolder(java.nio.file.Path.of(root.toUri().getPath()))
                        : null;
        List<Image> images = new ArrayList<>();
        for (CocoImage image : coco.images()) {
            String path;
            try {
                path =
                        local == null
                                ? below(folder, root, image.fileName(), files)
                                : local.resolve(image.fileName()).toString();
            } catch (ImageReadException e) {
                throw e.ofImage(coco.idText(image.id()));
            }
            images.add(
                    new Image(
                            image.id(),
                            path,
                            image.fileName(),
                            image.width(),
                            image.height(),
                            coco.annotationsOf(image.id()).stream()
                                    .map(CocoAnnotation::box)
                                    .toList()));
        }
        return new ImageTable(images);
    }

    private static String below(String folder, Path root, String name, HadoopFiles files)
            throws IOException {
        if (name.isEmpty() || name.startsWith("/") || List.of(name.split("/")).contains("..")) {
            throw new IOException(
                    folder
                            + ": the file name \""
                            + name
                            + "\" leads out of the image folder; names must be relative and stay"
                            + " below it");
        }
        return files.name(new Path(root, new Path(null, null, name)));
    }

    /**
     * Lists image files.
     *
     * @param given a file, a folder, which is searched with those in it, or a pattern in Hadoop's
     *     syntax ({@code * ? [abc] {a,b}}); hidden files and, of folders, those whose names do not
     *     end as images' do are left out
     * @return the images by their paths
     * @throws IOException if there are none
     */
    static ImageTable listed(String given, HadoopFiles files) throws IOException {
        Path path = files.path(given);
        FileSystem system = files.system(path);
        List<FileStatus> matches = new ArrayList<>();
        if (system.exists(path)) {
            matches.add(system.getFileStatus(path));
        } else {
            FileStatus[] found = system.globStatus(path);
            matches.addAll(found == null ? List.of() : List.of(found));
        }
        Path base = base(path, matches.size() == 1 && matches.get(0).isDirectory());
        List<Path> paths = new ArrayList<>();
        for (FileStatus match : matches) {
            if (match.isDirectory()) {
                RemoteIterator<LocatedFileStatus> below = system.listFiles(match.getPath(), true);
                while (below.hasNext()) {
                    Path file = below.next().getPath();
                    if (isImage(match.getPath().toUri().relativize(file.toUri()).getPath())) {
                        paths.add(file);
                    }
                }
            } else {
                paths.add(match.getPath());
            }
        }
        if (paths.isEmpty()) {
            throw new IOException(given + ": no such file, or no image in it");
        }
        paths.sort(null);
        Path from = system.makeQualified(base);
        List<Image> images = new ArrayList<>();
        for (Path file : paths) {
            String name = from.toUri().relativize(file.toUri()).getPath();
            images.add(new Image(images.size() + 1L, files.name(file), name, 0, 0, List.of()));
        }
        return new ImageTable(images);
    }

    /** Returns the folder that names are relative to: that before the first part of a pattern. */
    private static Path base(Path path, boolean isFolder) {
        if (isFolder) {
            return path;
        }
        Path base = path.getParent();
        for (Path at = base; at != null; at = at.getParent()) {
            if (at.getName().matches(".*[*?\\[{].*")) {
                base = at.getParent();
            }
        }
        return base;
    }

    private static boolean isImage(String below) {
        for (String part : below.split("/")) {
            if (part.startsWith(".") || part.startsWith("_")) {
                return false;
            }
        }
        int dot = below.lastIndexOf('.');
        return ENDINGS.contains(below.substring(dot + 1).toLowerCase(Locale.ROOT));
    }
}
