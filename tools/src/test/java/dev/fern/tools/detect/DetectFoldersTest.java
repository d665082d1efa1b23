package dev.fern.tools.detect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import dev.fern.tools.CommandRun;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Which files detection takes, and what they are called in what it writes. */
class DetectFoldersTest {

    @TempDir static Path folder;

    private static TestModel model;

    @TempDir Path work;

    @BeforeAll
    static void train() throws IOException {
        model = new TestModel(folder);
    }

    private static Set<String> names(JsonArray results) {
        Set<String> names = new LinkedHashSet<>();
        for (JsonElement result : results) {
            names.add(result.getAsJsonObject().get("file_name").getAsString());
        }
        return names;
    }

    /** The kinds of files in the folders of users who complained. */
    private Path messyFolder() throws IOException {
        Path shots = work.resolve("shots");
        model.copy(0, shots.resolve("base.jpg"));
        model.copy(1, shots.resolve("web.jfif"));
        model.copy(2, shots.resolve("day2/cam1/img.jpg"));
        model.copy(2, shots.resolve("day2/base.jpg"));
        model.copy(3, shots.resolve("without-extension"));
        model.copy(3, shots.resolve(".hidden.jpg"));
        model.copy(3, shots.resolve(".thumbnails/base.jpg"));
        write(shots.resolve("._base.jpg"), "\0\5\26\7");
        write(shots.resolve("IMG_0001.HEIC"), "\0\0\0\30ftypheic\0\0\0\0mif1");
        write(shots.resolve("new.avif"), "\0\0\0\30ftypavif\0\0\0\0mif1");
        write(shots.resolve("scan.jp2"), "\0\0\0\fjP  \r\n");
        write(shots.resolve("clip.mov"), "\0\0\0\30ftypqt  \0\0\0\0");
        write(shots.resolve("notes.txt"), "notes");
        return shots;
    }

    private static void write(Path file, String bytes) throws IOException {
        Files.write(file, bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void subFoldersAreSearchedAndWhatIsNotTakenIsCounted() throws IOException {
        Path shots = messyFolder();
        Path json = work.resolve("found.json");
        CommandRun run = model.detect("--json=" + json, "--output=" + work.resolve("drawn"), shots);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(names(TestModel.read(json)))
                .containsExactly(
                        "base.jpg",
                        "day2/base.jpg",
                        "day2/cam1/img.jpg",
                        "web.jfif",
                        "without-extension");
        assertThat(run.errors())
                .filteredOn(line -> line.startsWith(shots + ": "))
                .singleElement()
                .asString()
                .contains("8 files not taken", "1 HEIC", "1 AVIF", "1 JPEG 2000", "1 video")
                .contains("2 hidden", "1 hidden folder", "1 no image");
        for (String drawing :
                List.of(
                        "base.jpg",
                        "day2/base.jpg",
                        "day2/cam1/img.jpg",
                        "web.jpg",
                        "without-extension.jpg")) {
            assertThat(work.resolve("drawn").resolve(drawing)).isNotEmptyFile();
        }
    }

    @Test
    void aFolderAloneIsSearchedWhereThatIsAskedFor() throws IOException {
        assertThat(
                        names(
                                model.results(
                                        work.resolve("found.json"),
                                        "--no-recursive",
                                        messyFolder())))
                .containsExactly("base.jpg", "web.jfif", "without-extension");
    }

    @Test
    void patternsDoNotTakeHiddenFilesUnlessTheyNameThem() throws IOException {
        Path shots = messyFolder();
        Path json = work.resolve("found.json");
        assertThat(names(model.results(json, shots + "/*.jpg"))).containsExactly("base.jpg");
        assertThat(names(model.results(json, shots + "/.hid*.jpg"))).containsExactly(".hidden.jpg");
        assertThat(names(model.results(json, shots + "/**.jpg")))
                .containsExactly("base.jpg", "day2/base.jpg", "day2/cam1/img.jpg");
    }

    @Test
    void filesOfOneNameInTwoFoldersAreToldApart() throws IOException {
        for (String part : List.of("a", "b")) {
            model.copy(0, work.resolve(part + "/x.jpg"));
            model.copy(1, work.resolve(part + "/x.png"));
        }
        Path drawn = work.resolve("drawn");
        JsonArray found =
                model.results(
                        work.resolve("found.json"),
                        "--output=" + drawn,
                        "--format=yolo",
                        work.resolve("a"),
                        work.resolve("b"));
        Set<String> names = names(found);
        assertThat(names).hasSize(4);
        assertThat(names).allMatch(name -> name.matches(".*/[ab]/x\\.(jpg|png)"));
        try (Stream<Path> files = Files.walk(drawn)) {
            assertThat(files.filter(Files::isRegularFile).map(f -> f.getFileName().toString()))
                    .filteredOn(name -> !name.equals("classes.txt"))
                    .hasSize(8)
                    .allMatch(name -> name.startsWith("x"));
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void linksThatLeadInCirclesEnd() throws IOException {
        Path shots = work.resolve("shots");
        model.copy(0, shots.resolve("sub/a.jpg"));
        Files.createSymbolicLink(shots.resolve("sub/again"), shots);
        Files.createSymbolicLink(shots.resolve("gone.jpg"), work.resolve("gone"));
        Path other = model.copy(1, work.resolve("other/b.jpg")).getParent();
        Files.createSymbolicLink(shots.resolve("linked"), other);
        CommandRun run = model.detect("--json=" + work.resolve("found.json"), shots);
        assertThat(run.status()).as(run.errors().toString()).isZero();
        assertThat(names(TestModel.read(work.resolve("found.json"))))
                .containsExactly("linked/b.jpg", "sub/a.jpg");
        assertThat(run.errors())
                .anyMatch(line -> line.contains("1 broken link, 1 link to a folder that it is in"));
    }

    @Test
    void aFolderWithoutImagesIsRefusedWithWhatItHas() throws IOException {
        Files.createDirectories(work.resolve("none"));
        write(work.resolve("none/IMG.HEIC"), "\0\0\0\30ftypheic\0\0\0\0mif1");
        CommandRun run = model.detect(work.resolve("none"));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains("none", "1 HEIC");
    }

    @Test
    void anImageComesFromStandardInput() throws IOException {
        Path picture = model.pictures().get(0);
        CommandRun fromFile = model.detect(picture);
        InputStream before = System.in;
        CommandRun fromInput;
        System.setIn(new ByteArrayInputStream(Files.readAllBytes(picture)));
        try {
            fromInput = model.detect("--output=" + work.resolve("drawn"), "-");
        } finally {
            System.setIn(before);
        }
        assertThat(fromInput.status()).as(fromInput.errors().toString()).isZero();
        assertThat(fromInput.out()).isEqualTo(fromFile.out().replace(picture.toString(), "-"));
        assertThat(work.resolve("drawn/stdin.jpg")).isNotEmptyFile();
    }

    @Test
    void standardInputDoesNotReplaceAFileOfItsName() throws IOException {
        Path named = model.copy(1, work.resolve("stdin.jpg"));
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(Files.readAllBytes(model.pictures().get(0))));
        try {
            assertThat(model.detect("--output=" + work.resolve("drawn"), named, "-").status())
                    .isZero();
        } finally {
            System.setIn(before);
        }
        assertThat(work.resolve("drawn/stdin.jpg")).isNotEmptyFile();
        assertThat(work.resolve("drawn/stdin-2.jpg")).isNotEmptyFile();
    }

    @Test
    void standardInputThatIsNoImageIsRefusedByThatName() {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(new byte[] {1, 2, 3}));
        try {
            CommandRun run = model.detect("-");
            assertThat(run.status()).isEqualTo(2);
            assertThat(run.complaints())
                    .singleElement()
                    .asString()
                    .startsWith("fern: -: ")
                    .doesNotContain("tmp");
        } finally {
            System.setIn(before);
        }
    }
}
