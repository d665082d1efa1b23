package dev.fern.spark;

import com.google.gson.JsonObject;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import org.apache.spark.sql.SparkSession;

/** Small models, images, damaged images, and Spark in this process. */
final class SparkFixture {

    static final List<CocoCategory> CATEGORIES =
            List.of(new CocoCategory(7, "cell", ""), new CocoCategory(9, "clot", ""));

    private static final int[][] SIZES = {{60, 50}, {64, 40}, {50, 60}, {33, 90}};

    private SparkFixture() {}

    /** Returns Spark with two tasks at a time in this process. */
    static SparkSession local() {
        stop();
        return SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir"))
                .config("spark.log.level", "ERROR")
                .getOrCreate();
    }

    /** Ends the session of this process, since it can have one alone. */
    static void stop() {
        if (SparkSession.getDefaultSession().isDefined()) {
            SparkSession.getDefaultSession().get().stop();
        }
    }

    /** Writes a model that finds many objects, since its scores are near one half. */
    static Path writeModel(Path directory, List<CocoCategory> categories, long seed)
            throws IOException {
        JsonObject settings = new JsonObject();
        settings.addProperty("backbone", "resnet18");
        settings.addProperty("width", 0.125);
        settings.addProperty("pyramidChannels", 16);
        settings.addProperty("headConvolutions", 1);
        settings.addProperty("minSize", 64);
        settings.addProperty("maxSize", 96);
        settings.addProperty("seed", seed);
        try (Detector detector =
                TrainingConfiguration.of(List.of(settings)).newDetector(categories)) {
            Map<String, Tensor> parameters = new LinkedHashMap<>(detector.copyParameters());
            Random random = new Random(seed);
            float[] bias = parameters.get("classification.output.bias").data();
            for (int i = 0; i < bias.length; i++) {
                bias[i] = (float) random.nextGaussian();
            }
            ModelDirectory.write(directory, detector.configuration(), parameters);
        }
        return directory;
    }

    /**
     * Writes images of four sizes, every tenth or, of more than 200, twenty of which are damaged:
     * missing, cut off, no image, of too many pixels, empty, or a folder, in turn.
     *
     * @return their paths, sound ones and others
     */
    static List<Path> writeImages(Path folder, int count) throws IOException {
        Files.createDirectories(folder);
        Random random = new Random(3);
        List<Path> paths = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] size = size(i);
            byte[] pixels = new byte[3 * size[0] * size[1]];
            random.nextBytes(pixels);
            Path path = folder.resolve(String.format("image-%05d.png", i));
            try (BgrImage image = BgrImage.of(size[0], size[1], pixels)) {
                byte[] png = image.encoded(".png");
                if (isDamaged(i, count)) {
                    writeDamaged(path, png, i / damagedEvery(count));
                } else {
                    Files.write(path, png);
                }
            }
            paths.add(path);
        }
        return paths;
    }

    /** Returns an image's entry in annotations, numbered as {@link #writeImages} does. */
    static CocoImage listed(int i, Path path) {
        int[] size = size(i);
        return new CocoImage(i, path.getFileName().toString(), size[0], size[1]);
    }

    private static int[] size(int i) {
        return SIZES[i * i % 11 % SIZES.length];
    }

    /** Returns whether one of so many images is damaged. */
    static boolean isDamaged(int i, int count) {
        return i % damagedEvery(count) == 4;
    }

    private static int damagedEvery(int count) {
        return Math.max(10, count / 20);
    }

    private static void writeDamaged(Path path, byte[] png, int number) throws IOException {
        switch (number % 6) {
            case 0 -> {} // missing
            case 1 -> Files.write(path, Arrays.copyOf(png, png.length / 2));
            case 2 -> Files.writeString(path, "no image at all");
            case 3 -> Files.write(path, bomb(png));
            case 4 -> Files.createFile(path);
            default -> Files.createDirectory(path);
        }
    }

    /**
     * Returns an image whose header tells of 60,000 x 60,000 pixels, with the header's checksum.
     */
    private static byte[] bomb(byte[] png) {
        byte[] bytes = png.clone();
        for (int at : new int[] {16, 20}) {
            bytes[at] = 0;
            bytes[at + 1] = 0;
            bytes[at + 2] = (byte) (60_000 >> 8);
            bytes[at + 3] = (byte) 60_000;
        }
        CRC32 crc = new CRC32();
        crc.update(bytes, 12, 17);
        for (int i = 0; i < 4; i++) {
            bytes[29 + i] = (byte) (crc.getValue() >> 24 - 8 * i);
        }
        return bytes;
    }
}
