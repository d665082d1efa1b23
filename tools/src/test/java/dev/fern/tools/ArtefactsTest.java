package dev.fern.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds what documents and examples say of the published artefacts against the projects. */
class ArtefactsTest {

    private static final Path ROOT = Path.of("..");

    /** A version that follows the name of one of Fern's artefacts, in a project or a document. */
    private static final List<Pattern> VERSIONS =
            List.of(
                    Pattern.compile(
                            "<groupId>dev\\.fern</groupId>\\s*<artifactId>[^<]*</artifactId>"
                                    + "\\s*<version>([^<$]*)</version>"),
                    Pattern.compile("dev\\.fern:fern-[a-z0-9_-]+:([^'\"`\\s]+)"),
                    Pattern.compile("fern-(\\d[0-9A-Za-z.]*)-"));

    private static String version() throws IOException {
        Matcher version = VERSIONS.get(0).matcher(Files.readString(ROOT.resolve("bom/pom.xml")));
        assertThat(version.find()).isTrue();
        return version.group(1);
    }

    private static List<Path> files(String glob, String... folders) throws IOException {
        List<Path> found = new ArrayList<>();
        for (String folder : folders) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(folder), folder.isEmpty() ? 2 : 3)) {
                files.filter(file -> file.getFileName().toString().matches(glob))
                        .filter(file -> !file.toString().contains("/target/"))
                        .forEach(found::add);
            }
        }
        return found;
    }

    @Test
    void oneVersionIsNamedEverywhere() throws IOException {
        List<Path> files = files("pom\\.xml", "", "natives", "examples");
        files.addAll(files("build\\.gradle", "examples"));
        files.addAll(files(".*\\.md", "docs", "examples"));
        files.add(ROOT.resolve("README.md"));
        int named = 0;
        for (Path file : files) {
            String text = Files.readString(file);
            for (Pattern pattern : VERSIONS) {
                Matcher matcher = pattern.matcher(text);
                while (matcher.find()) {
                    named++;
                    assertThat(matcher.group(1)).as(file.toString()).isEqualTo(version());
                }
            }
        }
        assertThat(named).isGreaterThan(20);
        assertThat(version()).doesNotEndWith("-SNAPSHOT");
    }

    @Test
    void everyArtefactIsInTheBom() throws IOException {
        Set<String> managed = new TreeSet<>();
        Matcher matcher =
                Pattern.compile("<artifactId>(fern-(?!bom)[^<]*)</artifactId>")
                        .matcher(Files.readString(ROOT.resolve("bom/pom.xml")));
        while (matcher.find()) {
            managed.add(matcher.group(1));
        }
        Set<String> published = natives();
        for (String module :
                List.of("cocoeval", "backbone", "detection", "onnx", "serve", "spark", "tools")) {
            published.add("fern-" + module);
        }
        assertThat(managed).isEqualTo(published);
    }

    @Test
    void theNativeLibrariesOfEveryPlatformAreListed() throws IOException {
        Set<String> listed = new TreeSet<>();
        MarkdownFile.read(ROOT.resolve("docs/distribution.md"))
                .section("Native libraries")
                .forEachTableRow(
                        cells ->
                                MarkdownFile.INLINE_CODE
                                        .matcher(String.join(" ", cells))
                                        .results()
                                        .forEach(name -> listed.add(name.group(1))));
        assertThat(listed).isEqualTo(natives());
    }

    private static Set<String> natives() throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> folders = Files.list(ROOT.resolve("natives"))) {
            folders.filter(Files::isDirectory)
                    .map(folder -> folder.getFileName().toString())
                    .filter(name -> !name.equals("target"))
                    .forEach(name -> names.add("fern-" + name));
        }
        return names;
    }
}
