package dev.fern.detection.train;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.TextFile;
import dev.fern.detection.data.ClassificationDataset;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.Sample;
import dev.fern.detection.model.RecordJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Which data a training works on, so that it is not resumed on others. */
public record DataIdentity(Part training, Part validation) {

    /**
     * A data set.
     *
     * @param images its images that are in use
     * @param boxes their boxes
     * @param categories its categories
     * @param sha256 of all ids, file names, sizes, boxes and labels in their order, and of the
     *     categories; pixels, and where the folder is, do not matter
     */
    public record Part(int images, long boxes, int categories, String sha256) {

        /** Returns what tells this data set from others. */
        public static Part of(DetectionDataset dataset) {
            MessageDigest digest = newDigest();
            dataset.categories()
                    .forEach(
                            category -> {
                                add(digest, category.id());
                                add(digest, category.name());
                            });
            long boxes = 0;
            for (Sample sample : dataset.samples()) {
                boxes += sample.labels().length;
                add(digest, sample.imageId());
                add(digest, sample.path().getFileName().toString());
                add(digest, sample.size().width());
                add(digest, sample.size().height());
                add(digest, sample.labels().length);
                ByteBuffer values = ByteBuffer.allocate(5 * 4 * sample.labels().length);
                values.asFloatBuffer().put(sample.boxes());
                values.position(4 * 4 * sample.labels().length);
                values.asIntBuffer().put(sample.labels());
                digest.update(values.rewind());
            }
            add(digest, dataset.crowds());
            return new Part(
                    dataset.samples().size(),
                    boxes,
                    dataset.categories().size(),
                    HexFormat.of().formatHex(digest.digest()));
        }

        /** Returns what tells these images and their classes from others. */
        public static Part of(ClassificationDataset dataset) {
            MessageDigest digest = newDigest();
            dataset.classes().forEach(name -> add(digest, name));
            for (Sample sample : dataset.samples()) {
                add(digest, dataset.root().relativize(sample.path()).toString());
                add(digest, sample.size().width());
                add(digest, sample.size().height());
                add(digest, dataset.label(sample.imageId()));
            }
            return new Part(
                    dataset.samples().size(),
                    0,
                    dataset.classes().size(),
                    HexFormat.of().formatHex(digest.digest()));
        }

        private static MessageDigest newDigest() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e); // every Java has it
            }
        }

        private static void add(MessageDigest digest, long number) {
            digest.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
        }

        private static void add(MessageDigest digest, String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            add(digest, bytes.length);
            digest.update(bytes);
        }

        @Override
        public String toString() {
            return images
                    + " images, "
                    + boxes
                    + " boxes, "
                    + categories
                    + " categories, checksum "
                    + sha256.substring(0, Math.min(8, sha256.length()));
        }
    }

    /** Returns what tells these data from others. */
    public static DataIdentity of(DetectionDataset training, DetectionDataset validation) {
        return new DataIdentity(Part.of(training), Part.of(validation));
    }

    /** Returns what tells these data from others. */
    public static DataIdentity of(
            ClassificationDataset training, ClassificationDataset validation) {
        return new DataIdentity(Part.of(training), Part.of(validation));
    }

    /** Says in what these data are others than those before; in nothing where they are the same. */
    public List<String> changesFrom(DataIdentity before) {
        List<String> changes = new ArrayList<>();
        if (!training.equals(before.training)) {
            changes.add("the training annotations have " + training + ", had " + before.training);
        }
        if (!validation.equals(before.validation)) {
            changes.add(
                    "the validation annotations have " + validation + ", had " + before.validation);
        }
        return changes;
    }

    /** Writes a file that {@link #read} reads. */
    public void write(Path file) throws IOException {
        String json = new GsonBuilder().setPrettyPrinting().create().toJson(this) + "\n";
        AtomicFile.write(file, json.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Reads a file.
     *
     * @throws IOException naming the file if it is missing or damaged
     */
    public static DataIdentity read(Path file) throws IOException {
        try {
            return RecordJson.read(JsonParser.parseString(TextFile.read(file)), DataIdentity.class);
        } catch (JsonParseException e) {
            throw new IOException(file + ": damaged: not JSON", e);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": damaged: " + e.getMessage(), e);
        }
    }
}
