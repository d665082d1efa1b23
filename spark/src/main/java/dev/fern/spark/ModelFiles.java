package dev.fern.spark;

import dev.fern.detection.files.AtomicFolder;
import dev.fern.detection.model.ModelDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * The bytes of a model directory, as Spark hands them out. They are broadcast, which executors pass
 * on among each other: files that are added to an application go to folders of its sessions, where
 * tasks of another one do not find them.
 *
 * @param name of the directory, for messages
 * @param checksum of names and bytes
 * @param files of the directory
 */
record ModelFiles(String name, String checksum, List<ModelFile> files) implements Serializable {

    private static final long serialVersionUID = 1L;

    /** Larger files are divided, since an array has an end and a heap has gaps. */
    private static final int PART_BYTES = 1 << 24;

    /**
     * A file.
     *
     * @param name of the file
     * @param parts its bytes in order
     */
    record ModelFile(String name, List<byte[]> parts) implements Serializable {
        private static final long serialVersionUID = 1L;
    }

    /** Uses a directory that is gone afterwards. */
    @FunctionalInterface
    interface Use<T> {
        T apply(java.nio.file.Path directory) throws IOException;
    }

    /**
     * Reads a model directory.
     *
     * @param model its name, on this machine or in any of Hadoop's file systems
     * @throws IOException naming the directory if it is no model or can't be read
     */
    static ModelFiles read(String model, HadoopFiles hadoop) throws IOException {
        Path directory = hadoop.path(model);
        FileSystem system = hadoop.system(directory);
        if (!system.exists(new Path(directory, ModelDirectory.CONFIGURATION_FILE))) {
            throw new IOException(
                    model
                            + ": not a model directory: it lacks "
                            + ModelDirectory.CONFIGURATION_FILE);
        }
        MessageDigest digest = sha256();
        List<ModelFile> files = new ArrayList<>();
        for (Path path :
                Arrays.stream(system.listStatus(directory))
                        .filter(FileStatus::isFile)
                        .map(FileStatus::getPath)
                        .sorted(Comparator.comparing(Path::getName))
                        .toList()) {
            List<byte[]> parts = new ArrayList<>();
            digest.update(path.getName().getBytes(StandardCharsets.UTF_8));
            try (InputStream in = system.open(path)) {
                byte[] part = in.readNBytes(PART_BYTES);
                while (part.length > 0) {
                    digest.update((byte) 0);
                    digest.update(part);
                    parts.add(part);
                    part = in.readNBytes(PART_BYTES);
                }
            }
            digest.update((byte) 1);
            files.add(new ModelFile(path.getName(), List.copyOf(parts)));
        }
        return new ModelFiles(model, HexFormat.of().formatHex(digest.digest()), List.copyOf(files));
    }

    /**
     * Writes the files to a new directory, and removes it after its use.
     *
     * @return what the use returns
     * @throws IOException that of the use, with the model's name for the directory's
     */
    <T> T unpacked(Use<T> use) throws IOException {
        java.nio.file.Path directory = Files.createTempDirectory("fern-model-");
        try {
            for (ModelFile file : files) {
                try (OutputStream out = Files.newOutputStream(directory.resolve(file.name))) {
                    for (byte[] part : file.parts) {
                        out.write(part);
                    }
                }
            }
            return use.apply(directory);
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage()).replace(directory.toString(), name);
            throw new IOException(message, e);
        } finally {
            AtomicFolder.delete(directory);
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
