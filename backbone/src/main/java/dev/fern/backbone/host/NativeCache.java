package dev.fern.backbone.host;

import ai.djl.util.Utils;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/**
 * Where native libraries are extracted to and loaded from: a folder that no other user of the
 * machine can write to. Left to themselves, DJL, JNA and JavaCPP fall back to fixed names under
 * {@code /tmp} where the home can't be written, and load what they find there, whoever made it.
 *
 * <p>The folder is {@code fern} in {@code XDG_CACHE_HOME}, or {@code .cache/fern} in the user's
 * home. Where that can't be written or is not private, it is a new folder in {@code
 * java.io.tmpdir}, which is deleted when the process ends. Places that the user has set for a
 * library are kept, and refused if they are not private.
 */
public final class NativeCache {

    private static final String ENGINE_SETTING = "ENGINE_CACHE_DIR";
    private static final String DJL_SETTING = "DJL_CACHE_DIR";
    private static final String JAVACPP_SETTING = "org.bytedeco.javacpp.cachedir";
    private static final String JNA_SETTING = "jna.tmpdir";

    /** All libraries of a process are kept in one place, which is chosen once. */
    private static Path root;

    private static boolean isTemporary;

    private NativeCache() {}

    /**
     * {@return a place for the libraries of one kind, where a private folder can be made}
     *
     * @param kind the folder's name, such as {@code javacpp}
     * @throws NativeCacheException if there is no place for it
     */
    public static synchronized Path folder(String kind) {
        if (root == null) {
            root = choose();
        }
        return root.resolve(kind);
    }

    /** {@return whether {@link #folder} lies where it is deleted when the process ends} */
    public static synchronized boolean isTemporary() {
        return isTemporary;
    }

    /**
     * Checks a place from which libraries will be loaded, and makes it where it is missing.
     *
     * @param folder the place
     * @param setting what sets the place, for the message
     * @throws NativeCacheException if another user could put a library there
     */
    public static synchronized void requirePrivate(Path folder, String setting) {
        if (root != null && folder.normalize().startsWith(root)) {
            return; // checked with the whole
        }
        try {
            PrivateFolder.require(folder);
        } catch (IOException e) {
            throw new NativeCacheException(
                    setting + ": no libraries can be kept there (" + e + "); choose another folder",
                    e);
        } catch (NativeCacheException e) {
            throw new NativeCacheException(setting + ": " + e.getMessage(), e);
        }
    }

    /**
     * Chooses where DJL and JNA keep their libraries, and makes the {@link NativeSettings}. This
     * comes before the first use of an engine, since all of them ask when they load.
     *
     * @throws NativeCacheException if the place that is set is not private
     */
    static void prepareEngines() {
        if (isUnset(Utils.getEnvOrSystemProperty(ENGINE_SETTING))
                && isUnset(Utils.getEnvOrSystemProperty(DJL_SETTING))) {
            System.setProperty(ENGINE_SETTING, folder("djl").toString());
        }
        requirePrivate(Utils.getEngineCacheDir(), DJL_SETTING + " or " + ENGINE_SETTING);
        if (isUnset(System.getProperty(JNA_SETTING))) {
            System.setProperty(JNA_SETTING, folder("jna").toString());
        }
        requirePrivate(Path.of(System.getProperty(JNA_SETTING)), JNA_SETTING);
        NativeSettings.apply();
    }

    /**
     * Chooses where JavaCPP keeps its libraries. This comes before its first use.
     *
     * @throws IOException if JavaCPP finds no place that can be written
     * @throws NativeCacheException if the place that is set is not private
     */
    public static void prepareJavaCpp() throws IOException {
        if (System.getProperty(JAVACPP_SETTING) == null
                && System.getProperty("org.bytedeco.javacpp.cacheDir") == null) {
            System.setProperty(JAVACPP_SETTING, folder("javacpp").toString());
        }
        // Above some size of the process, JavaCPP would collect Java's garbage again and again.
        for (String limit : List.of("maxBytes", "maxPhysicalBytes")) {
            String setting = "org.bytedeco.javacpp." + limit;
            if (System.getProperty(setting) == null) {
                System.setProperty(setting, "0");
            }
        }
        // JavaCPP goes on to other places where it can't write to this one.
        requirePrivate(Loader.getCacheDir().toPath(), JAVACPP_SETTING);
    }

    private static boolean isUnset(String value) {
        return value == null || value.isEmpty();
    }

    private static Path choose() {
        Path wanted = wanted();
        try {
            if (wanted != null && Files.isWritable(PrivateFolder.require(wanted))) {
                return wanted.toRealPath();
            }
        } catch (IOException e) {
            // There is no home, or it can't be written: that of many containers and services.
        } catch (NativeCacheException e) {
            System.getLogger(NativeCache.class.getName())
                    .log(
                            Level.WARNING,
                            "native libraries are extracted for this process alone, since {0}",
                            e.getMessage());
        }
        return temporary();
    }

    /** {@return where the folder should be, or null if the user has no home} */
    private static Path wanted() {
        String caches = System.getenv("XDG_CACHE_HOME");
        if (!isUnset(caches) && Path.of(caches).isAbsolute()) {
            return Path.of(caches, "fern");
        }
        // Java names the home of a user without an entry in the system's list "?".
        Path home = Path.of(System.getProperty("user.home"));
        return home.isAbsolute() ? home.resolve(".cache").resolve("fern") : null;
    }

    private static Path temporary() {
        isTemporary = true;
        Path folder;
        try {
            folder = Files.createTempDirectory("fern-"); // for this user alone, by a random name
        } catch (IOException e) {
            throw new NativeCacheException(
                    "there is no place for native libraries: neither the home nor java.io.tmpdir"
                            + " can be written; set XDG_CACHE_HOME to a folder of your own",
                    e);
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
        requirePrivate(folder, "java.io.tmpdir");
        return folder;
    }

    private static void delete(Path folder) {
        try {
            Files.walkFileTree(
                    folder,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult visitFile(Path file, BasicFileAttributes is)
                                throws IOException {
                            Files.delete(file);
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult postVisitDirectory(Path visited, IOException e)
                                throws IOException {
                            Files.delete(visited);
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            // Windows keeps the files of libraries that are loaded.
        }
    }
}
