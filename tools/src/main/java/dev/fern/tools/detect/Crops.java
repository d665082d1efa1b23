package dev.fern.tools.detect;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.model.Detection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Writes the part of the image within each box, in one folder per category. */
final class Crops implements DetectionSink {

    /** Characters that no system's file names may have, and dots that would hide a folder. */
    private static final String UNSAFE = "^\\.|[/\\\\:*?\"<>|\\p{Cntrl}]|[. ]$";

    private static final int LONGEST_NAME = 60;

    private final Path folder;
    private final List<String> folders = new ArrayList<>();

    /**
     * Prepares to write.
     *
     * @param folder made with the first object
     * @param categories the model's, in the order of its labels
     */
    Crops(Path folder, List<CocoCategory> categories) {
        this.folder = folder;
        Set<String> taken = new HashSet<>();
        for (CocoCategory category : categories) {
            String name = category.name().strip().replaceAll(UNSAFE, "_");
            int length = Math.min(LONGEST_NAME, name.codePointCount(0, name.length()));
            name = name.substring(0, name.offsetByCodePoints(0, length));
            boolean isFree = !name.isEmpty() && taken.add(name.toLowerCase(Locale.ROOT));
            folders.add(isFree ? name : name + "_" + category.id());
        }
    }

    @Override
    public void accept(DetectedImage found) throws IOException {
        if (found.detections().isEmpty()) {
            return;
        }
        try (BgrImage image = found.pixels().open()) {
            int number = 1;
            for (Detection d : found.detections()) {
                String extension =
                        found.name().toLowerCase(Locale.ROOT).endsWith(".png") ? ".png" : ".jpg";
                Path file =
                        folder.resolve(folders.get(d.category()))
                                .resolve(found.stem() + "-" + number++ + extension);
                Files.createDirectories(file.getParent());
                try (BgrImage crop = crop(image, d)) {
                    crop.write(file);
                }
            }
        }
    }

    /** Returns all pixels that a box touches, at least one. */
    private static BgrImage crop(BgrImage image, Detection d) {
        int x1 = Math.max(0, Math.min(image.width() - 1, (int) Math.floor(d.x1())));
        int y1 = Math.max(0, Math.min(image.height() - 1, (int) Math.floor(d.y1())));
        int x2 = Math.max(x1 + 1, Math.min(image.width(), (int) Math.ceil(d.x2())));
        int y2 = Math.max(y1 + 1, Math.min(image.height(), (int) Math.ceil(d.y2())));
        return image.crop(x1, y1, x2 - x1, y2 - y1);
    }
}
