package dev.fern.tools.detect;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.draw.DetectionPainter;
import dev.fern.detection.draw.LabelledBox;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.model.Detection;
import dev.fern.detection.video.VideoFile;
import dev.fern.tools.console.VisibleText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws what was found: images as images, the frames of a video as a video. */
public final class Drawings implements DetectionSink {

    private final Path folder;
    private final List<String> names = new ArrayList<>();
    private final DetectionPainter painter = new DetectionPainter();
    private VideoFile video;

    /**
     * Prepares to draw, and warns on standard error of names that no font can write.
     *
     * @param folder made with the first drawing
     * @param categories the model's, in the order of its labels
     */
    public Drawings(Path folder, List<CocoCategory> categories) {
        this.folder = folder;
        List<String> unwritable = new ArrayList<>();
        for (CocoCategory category : categories) {
            boolean writes = painter.canWrite(category.name());
            names.add(writes ? category.name() : "category " + category.id());
            if (!writes) {
                unwritable.add(category.name());
            }
        }
        if (!unwritable.isEmpty()) {
            System.err.printf(
                    "note: no font of this machine can write %s%s; drawings have the ids of such"
                            + " categories (%s)%n",
                    VisibleText.of(unwritable.get(0)),
                    unwritable.size() == 1 ? "" : " and " + (unwritable.size() - 1) + " more names",
                    painter.hasFonts()
                            ? "install a font that can, such as Noto Sans"
                            : "Java finds no fonts at all; install fontconfig and a font");
        }
    }

    /** Returns the path below the output folder of the drawing of an image. */
    static String drawingOf(String name, String stem) {
        return stem + (name.toLowerCase(Locale.ROOT).endsWith(".png") ? ".png" : ".jpg");
    }

    /** Begins the video that the next frames go to. */
    void beginVideo(Path file, double framesPerSecond) {
        video = new VideoFile(file, framesPerSecond);
    }

    /** Makes the video whole. */
    void endVideo() throws IOException {
        if (video != null) {
            video.close();
            video = null;
        }
    }

    @Override
    public void accept(DetectedImage found) throws IOException {
        try (BgrImage image = found.pixels().open()) {
            painter.paint(image, found.detections().stream().map(this::box).toList());
            if (found.frame() > 0) {
                video.add(image);
            } else {
                Path file = folder.resolve(drawingOf(found.name(), found.stem()));
                Files.createDirectories(file.getParent());
                image.write(file);
            }
        }
    }

    private LabelledBox box(Detection d) {
        String label = String.format(Locale.ROOT, "%s %.2f", names.get(d.category()), d.score());
        return new LabelledBox(d.x1(), d.y1(), d.x2(), d.y2(), d.category(), label);
    }

    @Override
    public void close() throws IOException {
        endVideo();
    }
}
