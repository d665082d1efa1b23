package dev.fern.tools.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The page of the batch size study says what the committed results say. */
class StudyResultsTest {

    private static final Path RESULTS = Path.of("..", "docs", "results");
    private static final Path PARTS = RESULTS.resolve("batch-size-study");

    /** A score or a difference, with three decimals. */
    private static final Pattern SCORE = Pattern.compile("(?<![\\w.])-?\\d\\.\\d{3}(?!\\d)");

    @TempDir Path folder;

    static List<Path> parts() throws IOException {
        try (Stream<Path> files = Files.list(PARTS)) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("parts")
    void tablesAndPlotsComeFromTheResults(Path part) throws IOException {
        CommandRun run =
                CommandRun.of(
                        "sweep", "--results=" + part.resolve("results.json"), "--output=" + folder);
        assertThat(run.status()).as(String.join("\n", run.errors())).isZero();
        for (String table : List.of("results.csv", "report.md")) {
            assertThat(folder.resolve(table)).hasSameTextualContentAs(part.resolve(table));
        }
        assertThat(names(folder.resolve("plots"))).isEqualTo(names(part.resolve("plots")));
    }

    private static Set<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @Test
    void scoresOfThePageAreThoseOfTheReports() throws IOException {
        Set<String> known = new TreeSet<>();
        for (Path part : parts()) {
            known.addAll(scores(part.resolve("report.md")));
        }
        assertThat(scores(RESULTS.resolve("batch-size-study.md"))).isNotEmpty().isSubsetOf(known);
    }

    private static Set<String> scores(Path file) throws IOException {
        return SCORE.matcher(Files.readString(file))
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
