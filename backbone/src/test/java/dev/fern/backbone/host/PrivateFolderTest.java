package dev.fern.backbone.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class PrivateFolderTest {

    private static final int STRANGER = 54321;

    @TempDir private Path base;

    /** A folder that others can enter, since JUnit's keeps them out. */
    private Path top;

    private Path cache;
    private Path library;

    @BeforeEach
    void makeCache() throws IOException {
        mode(base, 0755);
        top = mode(Files.createDirectory(base.toRealPath().resolve("top")), 0755);
        cache = mode(Files.createDirectories(top.resolve("cache")), 0755);
        Files.createDirectory(cache.resolve("mxnet"));
        mode(cache.resolve("mxnet"), 0755);
        library = mode(Files.createFile(cache.resolve("mxnet/libmxnet.so")), 0644);
    }

    private static Path mode(Path path, int mode) throws IOException {
        Files.setAttribute(path, "unix:mode", mode);
        return path;
    }

    private static void assertRefused(Path folder, Path culprit, String reason) {
        assertThatThrownBy(() -> PrivateFolder.require(folder))
                .isInstanceOf(NativeCacheException.class)
                .hasMessageStartingWith(culprit + " ")
                .hasMessageContaining(reason);
    }

    private static void assertShared(Path folder, Path culprit) {
        assertRefused(folder, culprit, "can be written by other users");
    }

    @Test
    void whatIsOnesOwnIsAccepted() throws IOException {
        assertThat(PrivateFolder.require(cache)).isEqualTo(cache);
    }

    @Test
    void aMissingFolderIsMadeForThisUserAlone() throws IOException {
        Path made = PrivateFolder.require(top.resolve("a/b"));
        for (Path path : new Path[] {made, made.getParent()}) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .isEqualTo("rwx------");
        }
        assertThat(made).isEmptyDirectory();
    }

    @Test
    void aFolderThatCannotBeMadeIsAnError() throws IOException {
        Path file = Files.createFile(top.resolve("file"));
        assertThatThrownBy(() -> PrivateFolder.require(file.resolve("cache")))
                .isInstanceOf(FileSystemException.class);
    }

    @Test
    void aFolderThatOthersWriteToIsRefused() throws IOException {
        assertShared(mode(cache, 0775), cache);
        assertShared(mode(cache, 0757), cache);
        assertShared(mode(cache, 01777), cache);
    }

    @Test
    void aFolderWhoseParentOthersWriteToIsRefusedUnlessTheParentIsSticky() throws IOException {
        mode(top, 0777);
        assertShared(cache, top);
        assertShared(mode(cache, 0700), top);
        mode(top, 01777);
        assertThat(PrivateFolder.require(cache)).isEqualTo(cache);
    }

    @Test
    void whatLiesInTheFolderIsLookedAt() throws IOException {
        mode(library, 0666);
        assertShared(cache, library);
        assertShared(mode(cache, 0700), library);
        mode(library, 0644);
        mode(library.getParent(), 0777);
        assertShared(cache, library.getParent());
    }

    /** A umask of 002 makes such files, for users whose group is theirs alone. */
    @Test
    void whatTheGroupMayWriteToIsAcceptedWhereTheGroupCannotGetToIt() throws IOException {
        mode(library, 0664);
        assertShared(cache, library);
        mode(cache, 0700);
        assertThat(PrivateFolder.require(cache)).isEqualTo(cache);
    }

    @Test
    void linksAreFollowed() throws IOException {
        Path open = mode(Files.createDirectory(top.resolve("open")), 0777);
        Path theirs = mode(Files.createDirectory(open.resolve("theirs")), 0755);
        Path link = Files.createSymbolicLink(top.resolve("link"), cache);
        Path relative = Files.createSymbolicLink(top.resolve("relative"), Path.of("./../top/link"));
        Path unsafe = Files.createSymbolicLink(top.resolve("unsafe"), theirs);

        assertThat(PrivateFolder.require(link)).isEqualTo(cache);
        assertThat(PrivateFolder.require(relative.resolve("../cache"))).isEqualTo(cache);
        assertShared(unsafe, open);

        // a link that others can exchange, to a folder that is private
        Path exchangeable = Files.createSymbolicLink(open.resolve("link"), cache);
        assertShared(exchangeable, open);
        assertShared(Files.createSymbolicLink(top.resolve("through"), exchangeable), open);
    }

    @Test
    void linksInTheFolderAreFollowed() throws IOException {
        Path open = mode(Files.createDirectory(top.resolve("open")), 01777);
        Path other = mode(Files.createFile(open.resolve("other.so")), 0644);
        Path link = Files.createSymbolicLink(cache.resolve("libother.so"), other);
        assertThat(PrivateFolder.require(cache)).isEqualTo(cache);
        mode(other, 0666);
        assertShared(cache, other);
        Files.delete(other);
        assertRefused(cache, link, "leads nowhere");
        Files.delete(link);

        Path far = mode(Files.createDirectory(top.resolve("far")), 0755);
        Path inside = mode(Files.createFile(far.resolve("libfar.so")), 0664);
        Path toFolder = Files.createSymbolicLink(mode(cache, 0700).resolve("far"), far);
        assertShared(cache, toFolder.resolve(inside.getFileName()));
    }

    /** Gives a file away, which only root can. */
    private static void give(Path path) throws IOException {
        try {
            Files.setAttribute(path, "unix:uid", STRANGER, LinkOption.NOFOLLOW_LINKS);
        } catch (FileSystemException e) {
            assumeTrue(false, "only root can give files to another user");
        }
    }

    private static void assertTheirs(Path folder, Path culprit) {
        assertRefused(folder, culprit, "belongs to another user (" + STRANGER + ")");
    }

    @Test
    void theirFolderIsRefused() throws IOException {
        give(cache);
        assertTheirs(cache, cache);
    }

    @Test
    void aFolderInTheirsIsRefused() throws IOException {
        give(top);
        assertTheirs(cache, top);
        mode(top, 01777);
        assertTheirs(cache, top);
    }

    @Test
    void theirFilesAndLinksInAFolderOfOnesOwnAreRefused() throws IOException {
        mode(cache, 0700);
        give(library);
        assertTheirs(cache, library);
        Files.delete(library);
        Path link = Files.createSymbolicLink(library, Path.of("/dev/null"));
        give(link);
        assertTheirs(cache, library);
        Files.delete(link);
        give(library.getParent());
        assertTheirs(cache, library.getParent());
    }

    @Test
    void theirLinkOnTheWayIsRefused() throws IOException {
        Path shared = mode(Files.createDirectory(top.resolve("shared")), 01777);
        Path link = Files.createSymbolicLink(shared.resolve("link"), cache);
        give(link);
        assertTheirs(link, link);
    }
}
