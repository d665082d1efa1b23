package dev.fern.tools.explore;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.CocoResults;
import dev.fern.tools.CommandRun;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** Made-up annotations, detections and images to explore, in a folder. */
record Explored(Path folder, CocoDataset dataset, CocoResults before, CocoResults after) {

    static final int WIDTH = 320;
    static final int HEIGHT = 240;

    /** Names that are hard to link to, and one that would be HTML if it were not taken as text. */
    static final List<String> ODD_NAMES =
            List.of(
                    "with space.png",
                    "100%.png",
                    "a#b?c&d=e.png",
                    "%20.png",
                    "quote'\"`.png",
                    "back\\slash.png",
                    "semi;colon:first.png",
                    "Über 日本語 שלום.png",
                    "<img src=x onerror=\"document.title='broken'\">.png",
                    "sub folder/one.png");

    static final String HOSTILE_CATEGORY =
            "</script><script>document.title='broken'</script>\u2028'\\";

    /** Makes a data set with an image of each odd name and some more. */
    static Explored make(Path folder) throws IOException {
        List<String> names = new ArrayList<>(ODD_NAMES);
        for (int i = 0; i < 14; i++) {
            names.add("plain-" + i + ".png");
        }
        for (String name : names) {
            writeImage(folder.resolve("images").resolve(name), name.hashCode());
        }
        return make(folder, names, List.of("cat", "dog", HOSTILE_CATEGORY), 6);
    }

    /** Makes annotations of images that are there, with so many detections on background each. */
    static Explored make(Path folder, List<String> names, List<String> categories, int noise)
            throws IOException {
        Random random = new Random(7);
        List<CocoImage> images = new ArrayList<>();
        List<CocoAnnotation> annotations = new ArrayList<>();
        CocoResults.Builder before = CocoResults.builder();
        CocoResults.Builder after = CocoResults.builder();
        for (int i = 0; i < names.size(); i++) {
            long id = 3L * i + 10;
            images.add(new CocoImage(id, names.get(i), WIDTH, HEIGHT));
            for (int n = random.nextInt(6); n > 0; n--) {
                Box box = box(random);
                int category = random.nextInt(categories.size());
                annotations.add(
                        new CocoAnnotation(
                                annotations.size() + 1,
                                id,
                                category + 1,
                                box,
                                box.area(),
                                random.nextInt(12) == 0));
                for (CocoResults.Builder results : List.of(before, after)) {
                    for (int d = random.nextInt(4); d > 0; d--) {
                        int said =
                                random.nextInt(4) == 0
                                        ? random.nextInt(categories.size())
                                        : category;
                        double by = random.nextDouble() * random.nextDouble() * 30;
                        results.add(
                                id,
                                said + 1,
                                new Box(box.x() + by, box.y() - by, box.width(), box.height()),
                                random.nextDouble());
                    }
                }
            }
            for (CocoResults.Builder results : List.of(before, after)) {
                for (int d = random.nextInt(noise + 1); d > 0; d--) {
                    results.add(
                            id,
                            1 + random.nextInt(categories.size()),
                            box(random),
                            random.nextDouble());
                }
            }
        }
        List<CocoCategory> named = new ArrayList<>();
        for (int k = 0; k < categories.size(); k++) {
            named.add(new CocoCategory(k + 1, categories.get(k), ""));
        }
        Explored explored =
                new Explored(
                        folder,
                        CocoDataset.of(images, named, annotations),
                        before.build(),
                        after.build());
        explored.dataset.write(explored.annotationsFile());
        explored.before.write(folder.resolve("before.json"));
        explored.after.write(folder.resolve("after.json"));
        return explored;
    }

    private static Box box(Random random) {
        double width = 8 + 110 * random.nextDouble();
        double height = 8 + 110 * random.nextDouble();
        return new Box(
                random.nextDouble() * (WIDTH - width),
                random.nextDouble() * (HEIGHT - height),
                width,
                height);
    }

    static void writeImage(Path file, int seed) throws IOException {
        Files.createDirectories(file.getParent());
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(seed);
        for (int i = 0; i < 12; i++) {
            Graphics2D graphics = image.createGraphics();
            graphics.setColor(new Color(random.nextInt(1 << 24)));
            graphics.fillRect(random.nextInt(WIDTH), random.nextInt(HEIGHT), 90, 70);
            graphics.dispose();
        }
        String name = file.getFileName().toString();
        ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), file.toFile());
    }

    Path annotationsFile() {
        return folder.resolve("annotations.json");
    }

    /** Runs the command on the files and returns what it left behind. */
    CommandRun explore(Path output, String... more) {
        return CommandRun.of(
                Stream.concat(arguments(output).stream(), Stream.of(more)).toArray(String[]::new));
    }

    /** Returns the arguments of {@code fern} that explore the first detections. */
    List<String> arguments(Path output) {
        return List.of(
                "explore",
                "--annotations=" + annotationsFile(),
                "--detections=" + folder.resolve("before.json"),
                "--images=" + folder.resolve("images"),
                "--output=" + output);
    }
}
