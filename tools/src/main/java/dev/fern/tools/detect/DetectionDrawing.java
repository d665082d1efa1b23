package dev.fern.tools.detect;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.DetectionPainter;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.LabelledBox;
import dev.fern.detection.model.Detection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Writes images with their detections drawn. */
public final class DetectionDrawing {

    private final Path folder;
    private final ImageReader reader;
    private final DetectionPainter painter = new DetectionPainter();
    private final Map<Path, String> names = new LinkedHashMap<>();

    /**
     * Prepares to draw; chooses a name for each drawing.
     *
     * @param folder created where it is missing, with the first drawing
     * @param reader opens the images as the detector saw them
     * @param files all images that may be drawn; those of one name get different names
     * @throws IOException if the folder is a file or can't be written to, or if a drawing would
     *     replace one of the images
     */
    public DetectionDrawing(Path folder, ImageReader reader, List<Path> files) throws IOException {
        this.folder = folder;
        this.reader = reader;
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new IOException(folder + ": is a file, not a folder (--output)");
        }
        Path existing = folder.toAbsolutePath();
        while (Files.notExists(existing)) {
            existing = existing.getParent();
        }
        if (!Files.isWritable(existing)) {
            throw new IOException(folder + ": can't be written to (--output)");
        }
        Set<String> taken = new HashSet<>();
        for (Path file : files) {
            String name = file.getFileName().toString();
            int dot = name.lastIndexOf('.');
            String stem = dot > 0 ? name.substring(0, dot) : name;
            String extension = name.toLowerCase(Locale.ROOT).endsWith(".png") ? ".png" : ".jpg";
            String free = stem + extension;
            for (int i = 2; !taken.add(free); i++) {
                free = stem + "-" + i + extension;
            }
            names.put(file, free);
        }
        keepFromReplacing(files);
    }

    private void keepFromReplacing(List<Path> files) throws IOException {
        Set<Path> originals = new HashSet<>();
        for (Path file : files) {
            if (Files.exists(file)) {
                originals.add(file.toRealPath());
            }
        }
        for (String name : names.values()) {
            Path target = folder.resolve(name);
            if (Files.exists(target) && originals.contains(target.toRealPath())) {
                throw new IOException(
                        target
                                + ": is one of the images; write the drawings to another folder (--output)");
            }
        }
    }

    /**
     * Draws the detections of one image and writes the drawing.
     *
     * @param file the image, one of those that were given
     * @param detections by falling score
     * @param categories the model's, in the order of its labels
     * @throws IOException if the image can't be read or the drawing can't be written
     */
    public void draw(Path file, List<Detection> detections, List<CocoCategory> categories)
            throws IOException {
        List<LabelledBox> boxes =
                detections.stream()
                        .map(
                                d ->
                                        new LabelledBox(
                                                d.x1(),
                                                d.y1(),
                                                d.x2(),
                                                d.y2(),
                                                d.category(),
                                                String.format(
                                                        Locale.ROOT,
                                                        "%s %.2f",
                                                        categories.get(d.category()).name(),
                                                        d.score())))
                        .toList();
        Files.createDirectories(folder);
        try (BgrImage image = reader.read(file)) {
            painter.paint(image, boxes);
            image.write(folder.resolve(names.get(file)));
        }
    }
}
