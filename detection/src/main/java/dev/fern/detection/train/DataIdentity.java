package dev.fern.detection.train;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.Sample;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.settings.RecordJson;
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

    /** SHA-256 of a list of values. */
    public static final class Digest {

        private final MessageDigest digest;

        /** Begins with no value. */
        public Digest() {
            try {
                digest = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e); // every Java has it
            }
        }

        /** Adds a number. */
        public void add(long number) {
            digest.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
        }

        /** Adds a text with its length. */
        public void add(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            add(bytes.length);
            digest.update(bytes);
        }

        private void add(ByteBuffer bytes) {
            digest.update(bytes);
        }

        /** Ends the list, and returns the digest in hexadecimal digits. */
        public String toHex() {
            return HexFormat.of().formatHex(digest.digest());
        }
    }

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
            Digest digest = new Digest();
            dataset.categories()
                    .forEach(
                            category -> {
                                digest.add(category.id());
                                digest.add(category.name());
                            });
            long boxes = 0;
            for (Sample sample : dataset.samples()) {
                boxes += sample.labels().length;
                digest.add(sample.imageId());
                digest.add(sample.path().getFileName().toString());
                digest.add(sample.size().width());
                digest.add(sample.size().height());
                digest.add(sample.labels().length);
                ByteBuffer values = ByteBuffer.allocate(5 * 4 * sample.labels().length);
                values.asFloatBuffer().put(sample.boxes());
                values.position(4 * 4 * sample.labels().length);
                values.asIntBuffer().put(sample.labels());
                digest.add(values.rewind());
            }
            digest.add(dataset.crowds());
            return new Part(
                    dataset.samples().size(), boxes, dataset.categories().size(), digest.toHex());
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
