package dev.fern.spark;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * The local files under another scheme, {@code there}, so that they are read as remote ones are.
 */
public final class OtherFileSystem extends RawLocalFileSystem {

    private static final AtomicInteger OPENED = new AtomicInteger();

    static int opened() {
        return OPENED.get();
    }

    private static Path here(Path path) {
        return new Path(path.toUri().getPath());
    }

    private Path there(Path path) {
        return new Path("there", null, path.toUri().getPath());
    }

    @Override
    public void initialize(URI name, Configuration configuration) throws IOException {
        super.initialize(URI.create("file:///"), configuration);
    }

    @Override
    public URI getUri() {
        return URI.create("there:///");
    }

    @Override
    protected void checkPath(Path path) {}

    @Override
    public FSDataInputStream open(Path path, int bufferSize) throws IOException {
        OPENED.incrementAndGet();
        return super.open(here(path), bufferSize);
    }

    @Override
    public FileStatus getFileStatus(Path path) throws IOException {
        return there(super.getFileStatus(here(path)));
    }

    @Override
    public FileStatus[] listStatus(Path path) throws FileNotFoundException, IOException {
        List<FileStatus> all = new ArrayList<>();
        for (FileStatus status : super.listStatus(here(path))) {
            all.add(there(status));
        }
        return all.toArray(FileStatus[]::new);
    }

    private FileStatus there(FileStatus status) {
        return new FileStatus(
                status.getLen(),
                status.isDirectory(),
                1,
                status.getBlockSize(),
                status.getModificationTime(),
                there(status.getPath()));
    }
}
