package dev.fern.detection.pretrain;

import dev.fern.detection.image.TestImages;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/** Pictures of red discs, green squares and blue bars on gray, in one folder per class. */
final class ClassFolders {

    static final List<String> CLASSES = List.of("bar", "disc", "square");

    private static final int SIDE = 32;

    private ClassFolders() {}

    /** Draws that many pictures of each class. The same seed gives the same pictures. */
    static Path draw(Path root, int each, long seed) throws IOException {
        Random random = new Random(seed);
        for (int i = 0; i < each; i++) {
            for (String name : CLASSES) {
                Path file = root.resolve(name).resolve(i + ".png");
                Files.createDirectories(file.getParent());
                Files.write(file, TestImages.encode(picture(name, random), "png"));
            }
        }
        return root;
    }

    private static BufferedImage picture(String name, Random random) {
        BufferedImage drawing = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = drawing.createGraphics();
        int gray = 60 + random.nextInt(120);
        graphics.setColor(new Color(gray, gray, gray));
        graphics.fillRect(0, 0, SIDE, SIDE);
        int size = 14 + random.nextInt(8);
        int x = random.nextInt(SIDE - size);
        int y = random.nextInt(SIDE - size);
        switch (name) {
            case "disc" -> {
                graphics.setColor(new Color(220, 30, 30));
                graphics.fillOval(x, y, size, size);
            }
            case "square" -> {
                graphics.setColor(new Color(30, 200, 30));
                graphics.fillRect(x, y, size, size);
            }
            default -> {
                graphics.setColor(new Color(30, 30, 220));
                graphics.fillRect(x, y, size, size / 3);
            }
        }
        graphics.dispose();
        return drawing;
    }
}
