package dev.fern.detection.train;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * Keeps other trainings out of a run's folder until it is closed or this process ends. The system
 * locks a file and not its name, so that a folder that is deleted and made anew can be locked again
 * by another process. Whoever writes to the run therefore asks this lock first.
 */
public final class RunLock implements Closeable {

    private final RunDirectory run;
    private final FileChannel channel;

    /**
     * Tells the file that is locked from all others, since its number is not given again while it
     * is open; null where the system has no such key, which does not let a locked file be deleted.
     */
    private final Object key;

    private RunLock(RunDirectory run, FileChannel channel, Object key) {
        this.run = run;
        this.channel = channel;
        this.key = key;
    }

    /**
     * Locks a run's folder.
     *
     * @param run its folder is there
     * @return the lock
     * @throws IOException naming the folder if another training has it
     */
    static RunLock take(RunDirectory run) throws IOException {
        FileChannel channel =
                FileChannel.open(file(run), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() == null) {
                throw inUse(run, null);
            }
            return new RunLock(run, channel, key(run));
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw inUse(run, e);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static Path file(RunDirectory run) {
        return run.path().resolve(".lock");
    }

    private static Object key(RunDirectory run) throws IOException {
        return Files.readAttributes(file(run), BasicFileAttributes.class).fileKey();
    }

    private static IOException inUse(RunDirectory run, Exception cause) {
        return new IOException(
                run.path() + ": another training writes to this folder; choose another --output",
                cause);
    }

    /** {@return the folder that is locked} */
    public RunDirectory run() {
        return run;
    }

    /** {@return whether the folder is still the one that was locked} */
    public boolean isHeld() {
        try {
            return Objects.equals(key, key(run));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Checks that the folder is still the one that was locked, before something is written to it.
     *
     * @throws RunLostException if it was deleted, moved or replaced
     */
    public void requireHeld() throws RunLostException {
        if (!isHeld()) {
            throw new RunLostException(run);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
