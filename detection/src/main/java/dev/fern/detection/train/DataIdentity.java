package dev.fern.detection.train;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.Orientations;
import dev.fern.detection.data.Sample;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.image.ImageSource;
import dev.fern.detection.settings.RecordJson;
import dev.fern.detection.settings.StrictJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Tells which data a training works on, so that it is not resumed on other data.
 *
 * @param training identity of the training images
 * @param validation identity of the validation images
 */
public record DataIdentity(Part training, Part validation) {

    /** Computes the SHA-256 of a list of values. */
    public static final class Digest {

        private final MessageDigest digest;

        /** Begins with an empty list. */
        public Digest() {
            try {
                digest = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e); // every Java has it
            }
        }

        /**
         * Adds a number.
         *
         * @param number goes in as 8 bytes
         */
        public void add(long number) {
            digest.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
        }

        /**
         * Adds a text.
         *
         * @param text goes in as UTF-8 after its length, so that neighbours can't be taken for one
         */
        public void add(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            add(bytes.length);
            digest.update(bytes);
        }

        private void add(ByteBuffer bytes) {
            digest.update(bytes);
        }

        /**
         * Ends the list.
         *
         * @return the digest as 64 hexadecimal digits
         */
        public String toHex() {
            return HexFormat.of().formatHex(digest.digest());
        }
    }

    /**
     * The identity of one data set.
     *
     * @param images number of images that are in use
     * @param boxes number of their boxes
     * @param categories number of categories
     * @param sha256 digest of all ids, names of files, sizes, boxes and labels in their order, of
     *     the categories, and of the number of images turned upright; it does not depend on the
     *     pixels, nor on where the folder is
     */
    public record Part(int images, long boxes, int categories, String sha256) {

        /** The identity of no data. */
        static final Part NONE = new Part(0, 0, 0, "");

        /**
         * {@return the identity of a data set}
         *
         * @param dataset the images with their targets
         */
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
                digest.add(fileName(sample.image()));
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
            Orientations orientations = dataset.orientations();
            if (orientations.upright() > 0) {
                digest.add(orientations.upright());
                digest.add(orientations.stored());
            }
            return new Part(
                    dataset.samples().size(), boxes, dataset.categories().size(), digest.toHex());
        }

        /** Returns the last part of a file's path, since folders may move; else nothing. */
        private static String fileName(ImageSource image) {
            return image instanceof ImageSource.File file
                    ? file.path().getFileName().toString()
                    : "";
        }

        @Override
        public String toString() {
            if (equals(NONE)) {
                return "no images";
            }
            return images
                    + " images, "
                    + boxes
                    + " boxes, "
                    + categories
                    + " categories, checksum "
                    + sha256.substring(0, Math.min(8, sha256.length()));
        }
    }

    /**
     * {@return the identity of the data of a detector's training}
     *
     * @param training the training images with their targets
     * @param validation the validation images with their targets, if there are any
     */
    public static DataIdentity of(
            DetectionDataset training, Optional<DetectionDataset> validation) {
        return new DataIdentity(Part.of(training), validation.map(Part::of).orElse(Part.NONE));
    }

    /**
     * Compares these data with those that a training began with.
     *
     * @param before the data that it began with
     * @return one phrase per difference, as in {@code the training annotations have ..., had ...};
     *     empty if there is none
     */
    public List<String> changesFrom(DataIdentity before) {
        List<String> changes = new ArrayList<>();
        if (!training.equals(before.training)) {
            changes.add(
                    "the training annotations have "
                            + training
                            + ", had "
                            + before.training
                            + what(training, before.training));
        }
        if (!validation.equals(before.validation)) {
            changes.add(
                    "the validation annotations have "
                            + validation
                            + ", had "
                            + before.validation
                            + what(validation, before.validation));
        }
        return changes;
    }

    /** Says what a checksum may stand for where nothing else differs. */
    private static String what(Part now, Part before) {
        boolean hasCounts =
                now.images != before.images
                        || now.boxes != before.boxes
                        || now.categories != before.categories;
        return hasCounts ? "" : " (ids, names, sizes, boxes or --orientation)";
    }

    /**
     * Writes a file that {@link #read} reads.
     *
     * @param file is replaced at once, so that it is never half written
     * @throws IOException if it can't be written
     */
    public void write(Path file) throws IOException {
        String json = new GsonBuilder().setPrettyPrinting().create().toJson(this) + "\n";
        AtomicFile.write(file, json.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Reads a file that {@link #write} wrote.
     *
     * @param file the file
     * @return the identity of the data that the training began with
     * @throws IOException naming the file if it is missing or damaged
     */
    public static DataIdentity read(Path file) throws IOException {
        try {
            return RecordJson.read(StrictJson.parse(TextFile.read(file)), DataIdentity.class);
        } catch (JsonParseException e) {
            throw new IOException(file + ": damaged: not JSON", e);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": damaged: " + e.getMessage(), e);
        }
    }
}
