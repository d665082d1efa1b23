package dev.fern.backbone.host;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.util.Utils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class NativeCacheTest {

    @TempDir private Path folder;

    private Path home;
    private Path temporary;

    @BeforeEach
    void makeHome() throws IOException {
        folder = folder.toRealPath();
        home = Files.createDirectory(folder.resolve("home"));
        temporary = Files.createDirectory(folder.resolve("temporary"));
    }

    /** Prints the places that are chosen for DJL and JNA. */
    static final class Places {

        private Places() {}

        public static void main(String[] arguments) {
            try {
                NativeCache.prepareEngines();
                System.out.println(Utils.getEngineCacheDir());
                System.out.println(System.getProperty("jna.tmpdir"));
            } catch (NativeCacheException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    /** Starts MXNet by DJL and again by Fern, and prints from where MXNet is loaded. */
    static final class BothWays {

        private BothWays() {}

        public static void main(String[] arguments) throws IOException {
            try (NDManager djl = NDManager.newBaseManager("MXNet");
                    NDManager fern = EngineBridge.of("MXNet").newManager()) {
                MxNetLibrary.check(
                        MxNetLibrary.MXNDArrayWaitToRead(
                                MxNetLibrary.handle(fern.ones(djl.create(2).getShape()))));
                try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
                    maps.filter(line -> line.endsWith("/libmxnet.so"))
                            .map(line -> line.substring(line.indexOf('/')))
                            .distinct()
                            .forEach(System.out::println);
                }
            }
        }
    }

    private List<String> run(Class<?> program, Map<String, String> environment, String... options)
            throws IOException, InterruptedException {
        List<String> command = JavaProcess.command(program);
        command.addAll(1, List.of("-Duser.home=" + home, "-Djava.io.tmpdir=" + temporary));
        command.addAll(1, List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment()
                .keySet()
                .removeAll(List.of("XDG_CACHE_HOME", "DJL_CACHE_DIR", "ENGINE_CACHE_DIR"));
        builder.environment().putAll(environment);
        builder.directory(Files.createDirectories(folder.resolve("work")).toFile());
        builder.redirectError(folder.resolve("log").toFile());
        Process process = builder.start();
        List<String> lines = process.inputReader().lines().toList();
        process.waitFor();
        return lines;
    }

    private static Path open(Path path) throws IOException {
        Files.createDirectories(path);
        Files.setAttribute(path, "unix:mode", 0777);
        return path;
    }

    @Test
    void librariesAreKeptInTheHome() throws Exception {
        Path cache = home.resolve(".cache/fern");
        assertThat(run(Places.class, Map.of())).containsExactly(cache + "/djl", cache + "/jna");
        assertThat(cache).isDirectory();
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void librariesAreKeptWhereTheUserKeepsCaches() throws Exception {
        Path caches = folder.resolve("caches");
        assertThat(run(Places.class, Map.of("XDG_CACHE_HOME", caches.toString())))
                .containsExactly(caches + "/fern/djl", caches + "/fern/jna");
    }

    @Test
    void withoutAHomeAPrivateFolderLivesAsLongAsTheProcess() throws Exception {
        home = Path.of("/dev/null");
        List<String> places = run(Places.class, Map.of());
        assertThat(places)
                .hasSize(2)
                .allMatch(place -> place.matches(temporary + "/fern-[0-9]+/(djl|jna)"));
        assertThat(temporary).isEmptyDirectory();
        assertThat(run(Places.class, Map.of())).doesNotContainAnyElementsOf(places);
        assertThat(folder.resolve("log")).isEmptyFile();
    }

    /** Java gives such a user's home this name. */
    @Test
    void aUserWhomTheSystemDoesNotListGetsNoFolderOfThatName() throws Exception {
        home = Path.of("?");
        assertThat(run(Places.class, Map.of()))
                .allMatch(place -> place.startsWith(temporary + "/fern-"));
        assertThat(folder.resolve("work")).isEmptyDirectory();
    }

    @Test
    void aHomeThatOthersWriteToIsToldOfAndNotUsed() throws Exception {
        Path cache = open(home.resolve(".cache/fern"));
        assertThat(run(Places.class, Map.of()).get(0)).startsWith(temporary + "/fern-");
        assertThat(folder.resolve("log"))
                .content()
                .contains(cache + " can be written by other users");
    }

    @Test
    void withoutAnyPrivatePlaceThereIsOneLine() throws Exception {
        home = Path.of("/dev/null");
        open(temporary);
        assertThat(run(Places.class, Map.of()))
                .singleElement()
                .asString()
                .startsWith("java.io.tmpdir: " + temporary + " can be written by other users");
        home = temporary = Path.of("/dev/null");
        assertThat(run(Places.class, Map.of()))
                .singleElement()
                .asString()
                .contains("set XDG_CACHE_HOME");
    }

    @Test
    void placesThatTheUserSetsAreKept() throws Exception {
        String djl = folder.resolve("djl").toString();
        String jna = folder.resolve("jna").toString();
        assertThat(run(Places.class, Map.of("DJL_CACHE_DIR", djl), "-Djna.tmpdir=" + jna))
                .containsExactly(djl, jna);
        assertThat(run(Places.class, Map.of("ENGINE_CACHE_DIR", djl), "-DDJL_CACHE_DIR=" + jna))
                .startsWith(djl);
        assertThat(run(Places.class, Map.of(), "-DDJL_CACHE_DIR=" + djl)).startsWith(djl);
    }

    @Test
    void placesThatTheUserSetsAreRefusedIfTheyAreNotPrivate() throws Exception {
        Path open = open(folder.resolve("open"));
        String reason = open + " can be written by other users";
        for (String setting : List.of("DJL_CACHE_DIR", "ENGINE_CACHE_DIR")) {
            assertThat(run(Places.class, Map.of(setting, open.toString())))
                    .singleElement()
                    .asString()
                    .contains(setting)
                    .contains(reason);
        }
        assertThat(run(Places.class, Map.of(), "-Djna.tmpdir=" + open))
                .singleElement()
                .asString()
                .startsWith("jna.tmpdir: " + reason);
    }

    /** An empty variable hides Fern's choice from DJL, which then falls back as ever. */
    @Test
    void whatAnEmptyVariableLeadsToIsCheckedToo() throws Exception {
        assertThat(run(Places.class, Map.of("ENGINE_CACHE_DIR", "")).get(0))
                .isEqualTo(home + "/.djl.ai");
        open(home.resolve(".djl.ai"));
        assertThat(run(Places.class, Map.of("ENGINE_CACHE_DIR", "")).get(0))
                .contains(home + "/.djl.ai can be written by other users");
    }

    @Test
    void mxNetIsLoadedOnceWhereAProgramHasStartedItBefore() throws Exception {
        assertThat(run(BothWays.class, Map.of())).containsExactly(mxNetIn(home.resolve(".djl.ai")));
    }

    private static String mxNetIn(Path cache) throws IOException {
        try (Stream<Path> files = Files.walk(cache)) {
            return files.filter(file -> file.endsWith("libmxnet.so"))
                    .findFirst()
                    .orElseThrow()
                    .toString();
        }
    }
}
