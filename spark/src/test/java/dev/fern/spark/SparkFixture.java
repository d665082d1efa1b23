package dev.fern.spark;

import com.google.gson.JsonObject;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.cocoeval.CocoCategory;
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

    private SparkFixture() {}

    /** Returns Spark with two tasks at a time in this process. */
    static SparkSession local() {
        return SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir"))
                .config("spark.log.level", "ERROR")
                .getOrCreate();
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
     * Writes images of four sizes, every tenth of which is damaged: missing, cut off, no image, or
     * of too many pixels, in turn.
     *
     * @return their paths, sound ones and others
     */
    static List<Path> writeImages(Path folder, int count) throws IOException {
        Files.createDirectories(folder);
        Random random = new Random(3);
        int[][] sizes = {{60, 50}, {64, 40}, {50, 60}, {33, 90}};
        List<Path> paths = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] size = sizes[random.nextInt(sizes.length)];
            byte[] pixels = new byte[3 * size[0] * size[1]];
            random.nextBytes(pixels);
            Path path = folder.resolve(String.format("image-%05d.png", i));
            try (BgrImage image = BgrImage.of(size[0], size[1], pixels)) {
                write(path, image.encoded(".png"), i);
            }
            paths.add(path);
        }
        return paths;
    }

    static boolean isDamaged(int i) {
        return i % 10 == 4;
    }

    private static void write(Path path, byte[] png, int i) throws IOException {
        if (!isDamaged(i)) {
            Files.write(path, png);
            return;
        }
        switch (i / 10 % 4) {
            case 0 -> {} // missing
            case 1 -> Files.write(path, Arrays.copyOf(png, png.length / 2));
            case 2 -> Files.writeString(path, "no image at all");
            default -> Files.write(path, bomb(png));
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
