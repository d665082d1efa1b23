package dev.fern.detection.train;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.TestImages;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A data set of red and blue rectangles on soft backgrounds, which a test draws. */
final class RectangleFolder {

    private static final Color[] COLORS = {new Color(220, 30, 30), new Color(30, 30, 220)};

    private final Path folder;
    private final List<CocoImage> images = new ArrayList<>();
    private final List<CocoAnnotation> annotations = new ArrayList<>();

    RectangleFolder(Path folder) {
        this.folder = folder;
    }

    /** Draws an image. The same arguments give the same image. */
    RectangleFolder image(long id, int width, int height, int rectangles) throws IOException {
        return image(id, width, height, rectangles, false);
    }

    RectangleFolder image(long id, int width, int height, int rectangles, boolean crowds)
            throws IOException {
        BufferedImage drawing = TestImages.random(width, height, id);
        Graphics2D graphics = drawing.createGraphics();
        Random random = new Random(id);
        int largest = Math.min(width, height) / 2;
        for (int i = 0; i < rectangles; i++) {
            int w = largest / 2 + random.nextInt(largest / 2);
            int h = largest / 2 + random.nextInt(largest / 2);
            int x = random.nextInt(width - w);
            int y = random.nextInt(height - h);
            int category = random.nextInt(2);
            graphics.setColor(COLORS[category]);
            graphics.fillRect(x, y, w, h);
            annotations.add(
                    new CocoAnnotation(
                            annotations.size() + 1,
                            id,
                            category + 1,
                            new Box(x, y, w, h),
                            w * h,
                            crowds));
        }
        graphics.dispose();
        String name = id + ".png";
        Files.write(folder.resolve(name), TestImages.encode(drawing, "png"));
        images.add(new CocoImage(id, name, width, height));
        return this;
    }

    CocoDataset coco() {
        return CocoDataset.of(
                images,
                List.of(new CocoCategory(1, "red", ""), new CocoCategory(2, "blue", "")),
                annotations);
    }

    DetectionDataset dataset() throws IOException {
        return DetectionDataset.of(coco(), new ImageFolder(folder), ImageReader.standard(), false);
    }
}
