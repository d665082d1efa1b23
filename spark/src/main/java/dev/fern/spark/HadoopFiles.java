package dev.fern.spark;

import dev.fern.detection.image.ImageSource;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.NoSuchFileException;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Files by the names that a user gives: URIs of any of Hadoop's file systems, such as {@code
 * hdfs://host/folder} and {@code s3a://bucket/folder}, and plain paths, which are those of Hadoop's
 * default file system: the local one unless the cluster's configuration says otherwise.
 */
final class HadoopFiles {

    private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:/.*");

    private final Configuration configuration;

    HadoopFiles(Configuration configuration) {
        this.configuration = configuration;
    }

    /** Returns Hadoop's path of a name. */
    Path path(String name) {
        if (SCHEME.matcher(name).matches() || !isLocal(FileSystem.getDefaultUri(configuration))) {
            return new Path(name);
        }
        return new Path(new File(name).toURI());
    }

    FileSystem system(Path path) throws IOException {
        return path.getFileSystem(configuration);
    }

    /** Returns whether a path lies on the machine that reads it. */
    boolean isLocal(Path path) {
        return isLocal(
                path.toUri().getScheme() == null
                        ? FileSystem.getDefaultUri(configuration)
                        : path.toUri());
    }

    private static boolean isLocal(URI uri) {
        return "file".equals(uri.getScheme());
    }

    /** Returns a path as a user writes it: of a local file without its scheme. */
    String name(Path path) {
        return isLocal(path) ? path.toUri().getPath() : path.toString();
    }

    /** Returns where the bytes of an image are. */
    ImageSource image(String name) {
        Path path = path(name);
        if (isLocal(path)) {
            return ImageSource.of(java.nio.file.Path.of(path.toUri().getPath()));
        }
        return new ImageSource.Stream(name, new RemoteBytes(path));
    }

    /**
     * The bytes of a file on another machine. An image is opened for its header and again for its
     * pixels; the bytes are fetched once, if they are read to their end.
     */
    private final class RemoteBytes implements ImageSource.Opening {
        private final Path path;
        private volatile byte[] whole;

        RemoteBytes(Path path) {
            this.path = path;
        }

        @Override
        public InputStream open() throws IOException {
            if (whole != null) {
                return new ByteArrayInputStream(whole);
            }
            try {
                return new Copying(system(path).open(path));
            } catch (FileNotFoundException e) {
                throw new NoSuchFileException(path.toString());
            }
        }

        private final class Copying extends FilterInputStream {
            private final ByteArrayOutputStream copy = new ByteArrayOutputStream();

            Copying(InputStream from) {
                super(from);
            }

            @Override
            public int read() throws IOException {
                int value = super.read();
                if (value >= 0) {
                    copy.write(value);
                } else {
                    whole = copy.toByteArray();
                }
                return value;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                int count = super.read(target, offset, length);
                if (count > 0) {
                    copy.write(target, offset, count);
                } else if (count < 0) {
                    whole = copy.toByteArray();
                }
                return count;
            }
        }
    }
}
