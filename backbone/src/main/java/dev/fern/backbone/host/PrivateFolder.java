package dev.fern.backbone.host;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Set;

/**
 * Checks that no user but this one and root can write to a folder, to anything in it, or replace a
 * folder or link on the way to it.
 *
 * <p>Everything must belong to this user or to root and be writable for its owner alone. Two things
 * are safe all the same: a sticky folder on the way, as {@code /tmp} is, where others can't rename
 * or delete what is not theirs; and what its group can write to (as a umask of 002 makes files) in
 * a folder that the group can't enter. Where files have no owners and modes of Unix, on Windows,
 * nothing is checked.
 */
final class PrivateFolder {

    private static final int ROOT = 0;
    private static final int STICKY = 01000;
    private static final int GROUP_WRITES = 0020;
    private static final int ALL_WRITE = 0002;
    private static final int OTHERS_ENTER = 0011;

    private final int user;

    private PrivateFolder(int user) {
        this.user = user;
    }

    /**
     * Makes a folder where it is missing, for this user alone, and checks it.
     *
     * @param folder absolute or relative to the current folder
     * @return its path without links
     * @throws NativeCacheException naming the file or folder that is not safe, and what to do
     * @throws IOException if the folder can't be made or read
     */
    static Path require(Path folder) throws IOException {
        boolean hasModes = folder.getFileSystem().supportedFileAttributeViews().contains("unix");
        FileAttribute<?>[] mode = {
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
        };
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(folder, hasModes ? mode : new FileAttribute<?>[0]);
        }
        if (!hasModes) {
            return folder.toRealPath();
        }
        Path real = folder.toRealPath();
        PrivateFolder check = new PrivateFolder(userOf(real));
        check.follow(folder.toAbsolutePath());
        check.walk(real);
        return real;
    }

    /**
     * {@return the user whom new files in a folder belong to; root if this user can't write there}
     */
    private static int userOf(Path folder) throws IOException {
        if (!Files.isWritable(folder)) {
            return ROOT;
        }
        Path probe = Files.createTempFile(folder, "fern-", ".owner");
        try {
            return attribute(probe, "uid");
        } finally {
            Files.delete(probe);
        }
    }

    private static int attribute(Path path, String name) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:" + name, LinkOption.NOFOLLOW_LINKS);
    }

    /** Checks every folder and link on the way to a file that exists; returns where it leads. */
    private Path follow(Path path) throws IOException {
        Path at = path.getRoot();
        check(at, STICKY);
        for (Path name : path) {
            if (name.toString().equals("..")) {
                at = at.getParent() == null ? at : at.getParent();
                continue;
            }
            Path next = at.resolve(name).normalize();
            check(next, STICKY);
            at =
                    Files.isSymbolicLink(next)
                            ? follow(at.resolve(Files.readSymbolicLink(next)))
                            : next;
        }
        return at;
    }

    /** Checks a folder and what lies in it, also behind links. */
    private void walk(Path folder) throws IOException {
        Files.walkFileTree(
                folder,
                Set.of(FileVisitOption.FOLLOW_LINKS),
                Integer.MAX_VALUE,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes is)
                            throws IOException {
                        return visitFile(path, is);
                    }

                    @Override
                    public FileVisitResult visitFile(Path path, BasicFileAttributes is)
                            throws IOException {
                        try {
                            checkInside(path);
                        } catch (NoSuchFileException e) {
                            // Another process has just extracted, and removed what it needed for
                            // that.
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path path, IOException e)
                            throws IOException {
                        if (e instanceof NoSuchFileException) {
                            return FileVisitResult.CONTINUE;
                        }
                        throw e;
                    }
                });
    }

    private void checkInside(Path path) throws IOException {
        check(path, 0);
        if (Files.isSymbolicLink(path)) {
            if (!Files.exists(path)) {
                throw new NativeCacheException(
                        path + " leads nowhere, where others could put a file; delete it", null);
            }
            check(follow(path), 0);
        }
    }

    /**
     * Checks one file, folder or link by itself.
     *
     * @param excuse the bit of its mode with which others may write to it
     */
    private void check(Path path, int excuse) throws IOException {
        Map<String, Object> attributes =
                Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
        int owner = (Integer) attributes.get("uid");
        int mode = (Integer) attributes.get("mode");
        if (owner != user && owner != ROOT) {
            throw new NativeCacheException(
                    path
                            + " belongs to another user ("
                            + Files.getOwner(path, LinkOption.NOFOLLOW_LINKS)
                            + "), whose libraries could run in your name; delete it or choose"
                            + " another folder",
                    null);
        }
        boolean shared = (mode & ALL_WRITE) != 0 || (mode & GROUP_WRITES) != 0 && !isHidden(path);
        if (shared && (mode & excuse) == 0 && !Files.isSymbolicLink(path)) {
            throw new NativeCacheException(
                    path
                            + " can be written by other users, whose libraries could run in your"
                            + " name; 'chmod go-w' it or choose another folder",
                    null);
        }
    }

    /** {@return whether a folder above keeps all other users out} */
    private static boolean isHidden(Path path) throws IOException {
        Path parent = path.getParent();
        for (Path at = parent == null ? null : parent.toRealPath();
                at != null;
                at = at.getParent()) {
            if ((attribute(at, "mode") & OTHERS_ENTER) == 0) {
                return true;
            }
        }
        return false;
    }
}
