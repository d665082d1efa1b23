package dev.fern.tools.explore;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpServer;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.NamedCsvRecord;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.AnalysisParameters;
import dev.fern.cocoeval.analysis.DetectionError;
import dev.fern.cocoeval.analysis.ImageFindings;
import dev.fern.cocoeval.analysis.TideErrors;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.mask.Rle;
import dev.fern.tools.CommandRun;
import dev.fern.tools.browser.Browser;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/**
 * Uses the page of {@code fern explore} as people do, where the machine has Chromium. Long because
 * all of it shares one browser and the pages that it opens.
 */
class ExplorerInABrowserTest {

    private static final List<Integer> WIDTHS = List.of(Browser.PHONE, Browser.DESKTOP);

    @TempDir static Path folder;

    private static Browser browser;
    private static Explored explored;
    private static Path single;
    private static Path compared;

    @BeforeAll
    static void makePages() throws IOException {
        browser = Browser.start(folder.resolve("browser"));
        explored = Explored.make(folder.resolve("data"));
        single = folder.resolve("a #1/single");
        compared = folder.resolve("compared");
        assertDone(explored.explore(single));
        assertDone(
                explored.explore(
                        compared,
                        "--copy-images",
                        "--compare=" + explored.folder().resolve("after.json")));
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
        }
    }

    private static void assertDone(CommandRun run) {
        assertThat(run.status()).as(run.errors().toString()).isZero();
    }

    private static void open(Path page, int width, boolean dark) {
        browser.show(width, dark);
        browser.driver().get(page.resolve("index.html").toUri().toString());
        browser.find("html[data-ready-millis]");
    }

    private static JsonElement json(String expression, Object... arguments) {
        return JsonParser.parseString(
                (String) browser.evaluate("JSON.stringify(" + expression + ")", arguments));
    }

    private static Analysis analysis(CocoResults results, double score) throws CocoFormatException {
        return Analysis.of(
                explored.dataset(),
                results,
                EvaluationParameters.defaults(),
                AnalysisParameters.defaults().withScoreThreshold(score));
    }

    @Test
    void everyViewIsAccessibleOnPhonesAndDesktopsInLightAndDark() {
        for (int width : WIDTHS) {
            for (boolean dark : List.of(false, true)) {
                requireAccessible(compared, width, dark);
            }
        }
        requireAccessible(single, Browser.PHONE, false);
    }

    private static void requireAccessible(Path page, int width, boolean dark) {
        String what = page.getFileName() + " " + width + (dark ? " dark" : " light");
        open(page, width, dark);
        browser.driver().executeScript("byId('filters').open = true");
        browser.requireAccessible(what);
        browser.find(".card").click();
        browser.find("dialog[open]");
        browser.requireAccessible(what + ", one image");
        browser.press(Keys.ESCAPE);
        browser.find("#labelsTab").click();
        browser.find("#doubts li");
        browser.requireAccessible(what + ", labels");
    }

    @Test
    void whatThePageCallsRightWrongMissedAndDoubtfulIsWhatTheAnalysisDoes()
            throws CocoFormatException {
        open(compared, Browser.DESKTOP, false);
        List<CocoResults> sides = List.of(explored.before(), explored.after());
        for (int side = 0; side < 2; side++) {
            for (double score : new double[] {0, 0.2, 0.5, 0.93, 1.5}) {
                browser.driver()
                        .executeScript("choice.least[arguments[0]] = arguments[1];", side, score);
                JsonArray sums =
                        json("data.images.map(image => summary(image, arguments[0]))", side)
                                .getAsJsonArray();
                JsonArray doubts =
                        json(
                                        "data.images.map((image, i) =>"
                                                + " doubtsOf(arguments[0]).filter(d => d.position === i).map(d => d.doubt))",
                                        side)
                                .getAsJsonArray();
                List<ImageFindings> findings = analysis(sides.get(side), score).findings();
                assertThat(sums).hasSize(findings.size());
                for (int i = 0; i < findings.size(); i++) {
                    ImageFindings image = findings.get(i);
                    long right =
                            image.matching().detections().stream()
                                    .filter(MatchedDetection::isRight)
                                    .filter(detection -> detection.score() >= score)
                                    .count();
                    JsonObject sum = sums.get(i).getAsJsonObject();
                    String what = "image " + i + " of side " + side + " at " + score;
                    assertThat(sum.get("right").getAsLong()).as(what).isEqualTo(right);
                    assertThat(sum.get("wrong").getAsInt())
                            .as(what)
                            .isEqualTo(image.wrong().size());
                    assertThat(sum.get("missed").getAsInt())
                            .as(what)
                            .isEqualTo(image.missed().size());
                    Map<String, Integer> counted = new HashMap<>();
                    doubts.get(i)
                            .getAsJsonArray()
                            .forEach(doubt -> counted.merge(doubt.getAsString(), 1, Integer::sum));
                    assertThat(counted.getOrDefault("category", 0))
                            .as(what)
                            .isEqualTo(image.likelyWrongLabels().size());
                    assertThat(counted.getOrDefault("unlabelled", 0))
                            .as(what)
                            .isEqualTo(image.likelyMissingLabels().size());
                    assertThat(counted.getOrDefault("unsupported", 0))
                            .as(what)
                            .isEqualTo(image.unsupported().size());
                }
            }
        }
    }

    /** The images that have a detection, or an object, like the one that is asked for. */
    private static List<Integer> imagesWith(
            Analysis analysis,
            Predicate<DetectionOnImage> detection,
            Predicate<MatchedTruth> missed) {
        return IntStream.range(0, analysis.findings().size())
                .filter(
                        i -> {
                            ImageFindings image = analysis.findings().get(i);
                            return image.wrong().stream()
                                            .anyMatch(
                                                    d ->
                                                            detection.test(
                                                                    new DetectionOnImage(
                                                                            d, image.matching())))
                                    || image.missed().stream().anyMatch(missed);
                        })
                .boxed()
                .toList();
    }

    private record DetectionOnImage(MatchedDetection detection, ImageMatching image) {
        boolean is(TideErrors.Kind kind) {
            return DetectionError.of(image, detection, 0.5, 0.1).kind() == kind;
        }
    }

    private static void choose(String id, String value) {
        browser.driver()
                .executeScript(
                        "const c = byId(arguments[0]); c.value = arguments[1];"
                                + " c.dispatchEvent(new Event('change'));",
                        id,
                        value);
    }

    private static void assertShown(String what, List<Integer> positions) {
        assertThat(positions).as(what).isNotEmpty();
        List<Integer> shown = new ArrayList<>();
        json("gallery.entries").getAsJsonArray().forEach(e -> shown.add(e.getAsInt()));
        assertThat(shown).as(what).containsExactlyInAnyOrderElementsOf(positions);
    }

    @Test
    void filtersShowTheImagesThatHaveWhatIsAskedFor() throws CocoFormatException {
        open(single, Browser.DESKTOP, false);
        browser.driver().executeScript("choice.least[0] = 0.3; update();");
        Analysis analysis = analysis(explored.before(), 0.3);
        Map<String, TideErrors.Kind> kinds =
                Map.of(
                        "category", TideErrors.Kind.CLASSIFICATION,
                        "place", TideErrors.Kind.LOCALISATION,
                        "both", TideErrors.Kind.BOTH,
                        "duplicate", TideErrors.Kind.DUPLICATE,
                        "background", TideErrors.Kind.BACKGROUND);
        kinds.forEach(
                (name, kind) -> {
                    choose("kind", name);
                    assertShown(name, imagesWith(analysis, d -> d.is(kind), t -> false));
                });
        choose("kind", "missed");
        choose("category", "1");
        choose("size", "1");
        assertShown(
                "medium missed dogs",
                imagesWith(
                        analysis,
                        d -> false,
                        t ->
                                t.category() == 1
                                        && t.annotation().area() >= 32 * 32
                                        && t.annotation().area() < 96 * 96));
        browser.find("#reset").click();
        assertThat(json("gallery.entries").getAsJsonArray())
                .hasSize(explored.dataset().images().size());
        browser.find("#search").sendKeys("PLAIN-1");
        assertThat(browser.find("#status").getText()).startsWith("5 of ");
    }

    @Test
    void theFirstImageIsTheOneThatCostsMost() {
        open(single, Browser.DESKTOP, false);
        JsonArray losses =
                json("gallery.entries.map(i => data.images[i].sides[0].loss)").getAsJsonArray();
        List<Double> numbers = new ArrayList<>();
        losses.forEach(loss -> numbers.add(loss.getAsDouble()));
        assertThat(numbers).isSortedAccordingTo((a, b) -> Double.compare(b, a));
        assertThat(numbers.get(0)).isGreaterThan(0.01);
        assertThat(browser.find(".card .facts:last-child").getText())
                .isEqualTo(String.format("costs %.4f AP", numbers.get(0)));
    }

    @Test
    void allIsReachedByKeys() {
        open(single, Browser.DESKTOP, false);
        browser.press("/");
        assertThat(focused()).isEqualTo("search");
        browser.press("plain");
        assertThat(browser.find("#status").getText()).startsWith("14 of 24");
        browser.tabTo(".card");
        browser.press(Keys.ARROW_RIGHT);
        browser.press(Keys.ARROW_DOWN);
        browser.press(Keys.ARROW_LEFT);
        String columns = browser.evaluate("gallery.columns").toString();
        assertThat(cellOfFocus()).isEqualTo(columns);
        browser.press(Keys.END);
        assertThat(cellOfFocus()).isEqualTo("13");
        browser.press(Keys.HOME);
        browser.press(Keys.ENTER);
        browser.find("dialog[open]");
        String first = browser.find("#viewerName").getText();
        browser.press(Keys.ARROW_RIGHT);
        assertThat(browser.find("#viewerPlace").getText()).isEqualTo("2 of 14");
        browser.press(Keys.ARROW_LEFT);
        assertThat(browser.find("#viewerName").getText()).isEqualTo(first);
        Number before = (Number) browser.evaluate("document.querySelector('figure').clientWidth");
        browser.press("+");
        Number after = (Number) browser.evaluate("document.querySelector('figure').clientWidth");
        assertThat(after.doubleValue() / before.doubleValue()).isBetween(1.45, 1.55);
        browser.tabTo(".boxes button");
        browser.press(Keys.SPACE);
        assertThat(browser.findAll("path.marked")).hasSize(1);
        browser.press(Keys.ESCAPE);
        assertThat(browser.findAll("dialog[open]")).isEmpty();
        browser.await(() -> cellOfFocus().equals("0"));
        browser.driver().executeScript("byId('imagesTab').focus()");
        browser.press(Keys.ARROW_RIGHT);
        assertThat(focused()).isEqualTo("labelsTab");
        browser.find("#doubts li");
    }

    private static String focused() {
        return (String) browser.evaluate("document.activeElement.id");
    }

    private static String cellOfFocus() {
        return String.valueOf(
                browser.evaluate("document.activeElement.closest('li')?.dataset.position"));
    }

    @Test
    void imagesOfAllNamesAreShownFromDiskAndNoneIsTakenForHtml() throws IOException {
        open(single, Browser.DESKTOP, false);
        for (int i = 0; i < Explored.ODD_NAMES.size(); i++) {
            browser.driver().executeScript("viewer.open(arguments[0], gallery.entries, null)", i);
            browser.await(() -> isLoaded(".stage img"));
            assertThat(browser.find("#viewerName bdi").getText())
                    .isEqualTo(Explored.ODD_NAMES.get(i));
        }
        browser.press(Keys.ESCAPE);
        browser.await(() -> isLoaded(".card img"));
        assertThat(browser.driver().getTitle()).isEqualTo("Fern: explore detections");
        assertThat(browser.evaluate("document.querySelectorAll('main script, img[src=x]').length"))
                .isEqualTo(0L);
        assertThat(browser.evaluate("byId('category').options[3].text.trim()"))
                .isEqualTo(Explored.HOSTILE_CATEGORY);
    }

    private static boolean isLoaded(String selector) {
        return Boolean.TRUE.equals(
                browser.evaluate(
                        "[...document.querySelectorAll(arguments[0])].every(i => i.complete &&"
                                + " i.naturalWidth > 0) && document.querySelector(arguments[0]) !== null",
                        selector));
    }

    @Test
    void aPageWithCopiesWorksFromAServer() throws IOException {
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    Path file = compared.resolve(exchange.getRequestURI().getPath().substring(1));
                    String name = file.getFileName().toString();
                    exchange.getResponseHeaders()
                            .set(
                                    "Content-Type",
                                    name.endsWith(".js")
                                            ? "text/javascript"
                                            : name.endsWith(".css")
                                                    ? "text/css"
                                                    : name.endsWith(".html")
                                                            ? "text/html"
                                                            : "image/png");
                    byte[] bytes = Files.readAllBytes(file);
                    exchange.sendResponseHeaders(200, bytes.length);
                    exchange.getResponseBody().write(bytes);
                    exchange.close();
                });
        server.start();
        try {
            browser.show(Browser.DESKTOP, false);
            browser.driver()
                    .get("http://127.0.0.1:" + server.getAddress().getPort() + "/index.html");
            browser.find("html[data-ready-millis]");
            browser.await(() -> isLoaded(".card img"));
            browser.find(".card").click();
            browser.await(() -> isLoaded(".stage img"));
            assertThat(browser.findAll(".stage")).hasSize(2);
        } finally {
            server.stop(0);
        }
    }

    @Test
    void doubtfulLabelsAreExportedAllOrTheTickedOnes() throws IOException {
        open(single, Browser.DESKTOP, false);
        browser.driver().executeScript("choice.least[0] = 0.3;");
        browser.find("#labelsTab").click();
        List<ImageFindings> findings = analysis(explored.before(), 0.3).findings();
        List<NamedCsvRecord> all = csv();
        assertThat(all)
                .hasSize(
                        findings.stream()
                                .mapToInt(
                                        image ->
                                                image.likelyWrongLabels().size()
                                                        + image.likelyMissingLabels().size()
                                                        + image.unsupported().size())
                                .sum());
        assertThat(all.stream().filter(row -> row.getField("doubt").equals("another category?")))
                .extracting(row -> row.getField("image_id") + " " + row.getField("annotation_id"))
                .containsExactlyInAnyOrderElementsOf(
                        findings.stream()
                                .flatMap(
                                        image ->
                                                image.likelyWrongLabels().stream()
                                                        .map(
                                                                pair ->
                                                                        image.image().id()
                                                                                + " "
                                                                                + pair.truth()
                                                                                        .annotation()
                                                                                        .id()))
                                .toList());
        WebElement second = browser.find("#doubts li:nth-child(2) input");
        second.click();
        assertThat(browser.find("#ticked").getText()).isEqualTo("1 ticked");
        open(single, Browser.DESKTOP, false);
        browser.find("#labelsTab").click();
        assertThat(browser.find("#ticked").getText()).as("after a reload").isEqualTo("1 ticked");
        browser.driver().executeScript("choice.least[0] = 0.3;");
        JsonObject ticked =
                JsonParser.parseString((String) browser.evaluate("json(exported())"))
                        .getAsJsonArray()
                        .get(0)
                        .getAsJsonObject();
        assertThat(csv()).hasSize(1);
        assertThat(ticked.get("image_id").getAsString()).isEqualTo(all.get(1).getField("image_id"));
        assertThat(ticked.get("image_id").getAsJsonPrimitive().isNumber()).isTrue();
        assertThat(ticked.get("score").getAsDouble())
                .isEqualTo(Double.parseDouble(all.get(1).getField("score")));
        browser.find("#tickNone").click();
        assertThat(csv()).hasSizeGreaterThan(1);
        assertThat(browser.evaluate("csvCell('=1+1')")).isEqualTo("'=1+1");
    }

    private static List<NamedCsvRecord> csv() {
        return CsvReader.builder()
                .ofNamedCsvRecord((String) browser.evaluate("csv(exported())"))
                .stream()
                .toList();
    }

    @Test
    void masksAreDrawnAsTheyAreInTheFiles() throws IOException {
        Path data = folder.resolve("masks");
        Explored.writeImage(data.resolve("images/one.png"), 5);
        Rle mask =
                Rle.ofPolygons(
                        Explored.HEIGHT,
                        Explored.WIDTH,
                        List.of(new double[] {20, 30, 200, 40, 150, 180}));
        Path annotations = data.resolve("annotations.json");
        Files.writeString(
                annotations,
                """
                {"images": [{"id": 1, "file_name": "one.png", "width": 320, "height": 240}],
                 "categories": [{"id": 1, "name": "cat"}],
                 "annotations": [
                   {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 9000,
                    "bbox": [20, 30, 180, 150], "segmentation": [[20, 30, 200, 40, 150, 180]]},
                   {"id": 2, "image_id": 1, "category_id": 1, "iscrowd": 0, "area": 100,
                    "bbox": [300, 10, 10, 10], "segmentation": [[300, 10, 310, 10, 310, 20, 300, 20]]}]}
                """);
        JsonObject found = new JsonObject();
        found.addProperty("image_id", 1);
        found.addProperty("category_id", 1);
        found.addProperty("score", 0.9);
        JsonObject runs = new JsonObject();
        JsonArray size = new JsonArray();
        size.add(Explored.HEIGHT);
        size.add(Explored.WIDTH);
        runs.add("size", size);
        runs.addProperty("counts", mask.text());
        found.add("segmentation", runs);
        Path detections = data.resolve("detections.json");
        Files.writeString(detections, "[" + found + "]");
        Path page = folder.resolve("masks-page");
        assertDone(
                CommandRun.of(
                        "explore",
                        "--iou-type=segm",
                        "--annotations=" + annotations,
                        "--detections=" + detections,
                        "--images=" + data.resolve("images"),
                        "--output=" + page));
        open(page, Browser.DESKTOP, false);
        browser.find(".card").click();
        browser.find("svg path.mask.right");
        browser.find("svg path.mask.missed");
        JsonArray unpacked = json("unpackedRuns(arguments[0])", mask.text()).getAsJsonArray();
        assertThat(unpacked.asList().stream().mapToLong(JsonElement::getAsLong))
                .containsExactly(LongStream.of(mask.runs()).boxed().toArray(Long[]::new));
        Number area =
                (Number)
                        browser.evaluate(
                                "[...document.querySelector('svg path.mask.right').getAttribute('d')"
                                        + ".matchAll(/h1v(\\d+)/g)].reduce((sum, m) => sum + Number(m[1]), 0)");
        assertThat(area.longValue()).isEqualTo(mask.area());
    }

    /** Scrolls for some seconds, and tells of frames, time, and tasks of more than 50 ms. */
    private static final String SCROLLING =
            """
            const done = arguments[arguments.length - 1];
            const tasks = [];
            new PerformanceObserver(list => list.getEntries().forEach(task => tasks.push(Math.round(task.duration))))
                .observe({ type: 'longtask' });
            const start = performance.now();
            let frames = 0;
            scrollTo(0, 0);
            function step() {
              scrollBy(0, 150);
              frames++;
              if (frames < 200) requestAnimationFrame(step);
              else setTimeout(() => done([frames, Math.round(performance.now() - start), tasks]), 300);
            }
            requestAnimationFrame(step);
            """;

    @Test
    void fiveThousandImagesOpenSoonAndFewOfThemAreInThePage() throws IOException {
        Path data = folder.resolve("large");
        Path original = data.resolve("images/original.png");
        Explored.writeImage(original, 3);
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            names.add(i + ".png");
            Files.createLink(data.resolve("images/" + i + ".png"), original);
        }
        List<String> categories = IntStream.range(0, 80).mapToObj(k -> "category " + k).toList();
        Explored large = Explored.make(data, names, categories, 50);
        Path page = folder.resolve("large-page");
        assertDone(large.explore(page, "--thumbnails=0"));
        open(page, Browser.DESKTOP, false);
        int millis = Integer.parseInt(browser.find("html").getDomAttribute("data-ready-millis"));
        System.out.printf(
                "fern explore: 5000 images, %d detections: first row after %d ms%n",
                large.before().size(), millis);
        assertThat(millis).isLessThan(15_000); // 2 s on an idle machine
        assertThat(browser.evaluate("gallery.entries.length")).isEqualTo(5000L);
        for (String top : List.of("0", "20000", "document.body.scrollHeight")) {
            browser.driver().executeScript("scrollTo(0, " + top + "); gallery.render();");
            assertThat(browser.findAll("#gallery > li").size()).isBetween(8, 60);
            assertThat(
                            browser.evaluate(
                                    "[...gallery.cells.values()].some(c => { const r ="
                                            + " c.getBoundingClientRect(); return r.top < innerHeight"
                                            + " && r.bottom > 0; })"))
                    .as("a card is seen at " + top)
                    .isEqualTo(true);
        }
        assertThat(browser.evaluate("gallery.cells.has(4999)")).isEqualTo(true);
        assertThat((Long) browser.evaluate("document.querySelectorAll('*').length"))
                .isLessThan(3000);
        List<?> longTasks = (List<?>) browser.driver().executeAsyncScript(SCROLLING);
        System.out.printf(
                "fern explore: %s frames of scrolling in %s ms, long tasks: %s%n",
                longTasks.get(0), longTasks.get(1), longTasks.get(2));
        assertThat(browser.evaluate("scrollY > 10000")).isEqualTo(true);
    }
}
