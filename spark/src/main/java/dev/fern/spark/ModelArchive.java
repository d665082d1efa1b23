package dev.fern.spark;

import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * A model directory that Spark hands out to every executor.
 *
 * @param name under which {@link org.apache.spark.SparkFiles} finds the directory; two models with
 *     the same bytes have the same name
 * @param configuration what the model's file says
 */
record ModelArchive(String name, DetectorConfiguration configuration) {

    private static final int CHECKSUM_DIGITS = 32;

    /**
     * Reads a model on the driver and hands it out.
     *
     * @param model name of the directory, on the driver's machine or in any of Hadoop's file
     *     systems
     * @throws IOException naming the file that is missing or damaged
     */
    static ModelArchive handOut(SparkSession spark, String model) throws IOException {
        HadoopFiles files = new HadoopFiles(spark.sparkContext().hadoopConfiguration());
        Path directory = files.path(model);
        FileSystem system = files.system(directory);
        if (!system.exists(new Path(directory, ModelDirectory.CONFIGURATION_FILE))) {
            throw new IOException(
                    model + ": no model, there is no " + ModelDirectory.CONFIGURATION_FILE);
        }
        List<FileStatus> parts =
                Arrays.stream(system.listStatus(directory))
                        .filter(FileStatus::isFile)
                        .sorted(Comparator.comparing(status -> status.getPath().getName()))
                        .toList();
        java.nio.file.Path folder = Files.createTempDirectory("fern-model-");
        folder.toFile().deleteOnExit();
        MessageDigest digest = sha256();
        java.nio.file.Path archive = folder.resolve("model.zip");
        archive.toFile().deleteOnExit();
        try (OutputStream out = Files.newOutputStream(archive);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.setLevel(Deflater.NO_COMPRESSION);
            for (FileStatus part : parts) {
                String file = part.getPath().getName();
                digest.update(
                        (file + "\0" + part.getLen() + "\0").getBytes(StandardCharsets.UTF_8));
                zip.putNextEntry(new ZipEntry(file));
                try (InputStream in = system.open(part.getPath())) {
                    copy(in, zip, digest);
                }
                zip.closeEntry();
            }
        }
        String checksum = HexFormat.of().formatHex(digest.digest()).substring(0, CHECKSUM_DIGITS);
        String name = "fern-model-" + checksum;
        if (!spark.sparkContext().listArchives().mkString("\n").contains("#" + name)) {
            spark.sparkContext().addArchive(archive.toUri() + "#" + name);
        }
        java.nio.file.Path unpacked = java.nio.file.Path.of(org.apache.spark.SparkFiles.get(name));
        return new ModelArchive(name, configuration(model, unpacked));
    }

    private static DetectorConfiguration configuration(String model, java.nio.file.Path unpacked)
            throws IOException {
        try {
            return ModelDirectory.readConfiguration(unpacked);
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage()).replace(unpacked.toString(), model);
            throw new IOException(message, e);
        }
    }

    private static void copy(InputStream in, OutputStream out, MessageDigest digest)
            throws IOException {
        byte[] buffer = new byte[1 << 16];
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            out.write(buffer, 0, count);
            digest.update(buffer, 0, count);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
