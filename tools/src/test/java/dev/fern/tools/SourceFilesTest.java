package dev.fern.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What holds for the sources of every module. */
class SourceFilesTest {

    private static final Path PROJECT = Path.of("..");

    private static final List<String> MODULES =
            List.of("cocoeval", "backbone", "detection", "onnx", "serve", "spark", "tools");

    private static final int MOST_LINES = 400;

    /** How the sentence begins by which the comment of a class says why its file is longer. */
    private static final String REASON = "Long because ";

    private static final Pattern CLASS_COMMENT =
            Pattern.compile(
                    "^/\\*\\*(.*?)\\*/\\n(?:@.*\\n)*(?:[a-z-]+ )*(?:class|record|interface|enum) ",
                    Pattern.DOTALL | Pattern.MULTILINE);

    /** Returns the Java files of every module below a folder, such as {@code src/main/java}. */
    static List<Path> sources(String part) throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String module : MODULES) {
            try (Stream<Path> files = Files.walk(PROJECT.resolve(module).resolve(part))) {
                files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
            }
        }
        assertThat(sources).hasSizeGreaterThan(100);
        return sources;
    }

    @Test
    void aLongFileSaysWhy() throws IOException {
        List<Path> silent = new ArrayList<>();
        for (Path source : sources("src")) {
            String text = Files.readString(source);
            if (text.lines().count() > MOST_LINES) {
                Matcher comment = CLASS_COMMENT.matcher(text);
                if (!comment.find() || !oneLine(comment.group(1)).contains(REASON)) {
                    silent.add(source);
                }
            }
        }
        assertThat(silent)
                .as(
                        "files of more than %d lines; divide them, or let the comment of the class"
                                + " say why, in a sentence that begins '%s...'",
                        MOST_LINES, REASON)
                .isEmpty();
    }

    private static String oneLine(String comment) {
        return comment.replace("\n *", " ").replaceAll("\\s+", " ");
    }

    @Test
    void aPackageTellsItsStory() throws IOException {
        for (Path source : sources("src/main/java")) {
            assertThat(source.resolveSibling("package-info.java")).exists();
        }
    }
}
