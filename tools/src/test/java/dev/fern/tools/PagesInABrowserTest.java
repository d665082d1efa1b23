package dev.fern.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fern.tools.browser.Browser;
import dev.fern.tools.train.TrainingProcess;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looks at every kind of page with headless Chromium, where the machine has it. */
class PagesInABrowserTest {

    /** The width of many phones in CSS pixels. */
    private static final int PHONE = 390;

    @TempDir static Path folder;

    private static Path browser;
    private static final Map<String, Path> PAGES = new LinkedHashMap<>();

    @BeforeAll
    static void makePages() {
        Optional<Path> found =
                Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(name -> Path.of("/usr/bin", name))
                        .filter(Files::isExecutable)
                        .findFirst();
        assumeTrue(found.isPresent(), "no Chromium in /usr/bin: no page is looked at");
        browser = found.get();
        // A name that breaks nowhere, and no short way to the files.
        Path data = folder.resolve("a-long-name-" + "x".repeat(60)).resolve("shapes");
        run(
                "dataset",
                "synthesize",
                "--output=" + data,
                "--train-images=4",
                "--val-images=4",
                "--width=64",
                "--height=64");
        Path trained = folder.resolve("run-" + "y".repeat(60));
        CommandRun training =
                TrainingProcess.inThisProcess(
                        data, trained, "--epochs=2", "--set=scoreThreshold=0");
        assertThat(training.status()).as(training.errors().toString()).isZero();
        Path annotations = data.resolve("annotations/instances_train.json");
        Path images = data.resolve("train");
        Path detections = trained.resolve("detections.json");
        page("report", trained.resolve("report.html"), "report", trained.toString());
        page(
                "evaluate",
                folder.resolve("evaluate.html"),
                "evaluate",
                "--annotations=" + annotations,
                "--detections=" + detections,
                "--images=" + images,
                "--report=" + folder.resolve("evaluate.html"));
        page(
                "compare",
                folder.resolve("compare.html"),
                "compare",
                "--annotations=" + annotations,
                detections.toString(),
                detections.toString(),
                "--resamples=39",
                "--report=" + folder.resolve("compare.html"));
        Path sweep = folder.resolve("sweep");
        page(
                "sweep",
                sweep.resolve("report.html"),
                "sweep",
                "--train-annotations=" + annotations,
                "--train-images=" + images,
                "--val-annotations=" + annotations,
                "--val-images=" + images,
                "--norms=frn,bn,gn2",
                "--batch-sizes=1,2",
                "--seeds=1",
                "--epochs=1",
                "--resamples=39",
                "--width=0.1",
                "--min-size=64",
                "--max-size=64",
                "--set=pyramidChannels=8",
                "--set=headConvolutions=0",
                "--set=scoreThreshold=0",
                "--output=" + sweep);
    }

    private static void page(String name, Path page, String... arguments) {
        run(arguments);
        PAGES.put(name, page);
    }

    private static void run(String... arguments) {
        CommandRun run = CommandRun.of(arguments);
        assertThat(run.status()).as(run.errors().toString()).isZero();
    }

    @Test
    void noPageScrollsSidewaysOnAPhone() throws IOException, InterruptedException {
        assertThat(PAGES).hasSize(4);
        for (Map.Entry<String, Path> page : PAGES.entrySet()) {
            assertThat(widthOn(PHONE, page.getValue())).as(page.getKey()).isEqualTo(PHONE);
        }
        Path wide = folder.resolve("wide.html");
        Files.writeString(wide, "<meta name=viewport><p style='width:500px'>wide</p>");
        assertThat(widthOn(PHONE, wide)).as("a page that does scroll").isGreaterThan(PHONE);
    }

    /** Returns the width in CSS pixels of a page's contents in a frame, all details unfolded. */
    private static int widthOn(int width, Path page) throws IOException, InterruptedException {
        Path frame = folder.resolve("frame.html");
        Files.writeString(
                frame,
                """
                <iframe id="page" src="%s" width="%d" height="800" style="border:0"></iframe>
                <script>
                onload = () => {
                  const root = page.contentDocument.documentElement;
                  root.querySelectorAll('details').forEach(details => details.open = true);
                  document.title = 'width ' + root.scrollWidth;
                };
                </script>
                """
                        .formatted(page.toUri(), width));
        List<String> command =
                new ArrayList<>(
                        List.of(
                                browser.toString(),
                                "--headless",
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-quic",
                                "--no-first-run",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync",
                                "--hide-scrollbars",
                                "--allow-file-access-from-files",
                                "--user-data-dir=" + folder.resolve("browser"),
                                "--dump-dom",
                                frame.toUri().toString()));
        Process process = new ProcessBuilder(command).redirectError(Redirect.DISCARD).start();
        String dom = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        Browser.awaitEnd(folder.resolve("browser"));
        String title = dom.replaceAll("(?s).*<title>width (\\d+)</title>.*", "$1");
        assertThat(title).as(dom).matches("\\d+");
        return Integer.parseInt(title);
    }
}
