package dev.fern.tools.serve;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.detection.image.BgrImage;
import dev.fern.tools.browser.Browser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** Uses the page of {@code fern serve} as people do, in headless Chromium. */
class ServePageTest {

    /** Where what the page looks like is kept, to be looked at. */
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");

    @TempDir static Path folder;

    private static Path image;
    private static Browser browser;
    private static ServeProcess server;

    /** What the server finds in the image, with scores above the page's first threshold, 0.3. */
    private static List<JsonObject> found;

    @BeforeAll
    static void startServerAndBrowser() throws Exception {
        browser = Browser.start(folder.resolve("browser"));
        Path model = folder.resolve("model");
        SmallModel.write(model);
        image = folder.resolve("noise.png");
        byte[] pixels = new byte[3 * 60 * 50];
        new Random(3).nextBytes(pixels);
        try (BgrImage written = BgrImage.of(60, 50, pixels)) {
            written.write(image);
        }
        server = new ServeProcess(folder, model);
        found =
                JsonParser.parseString(server.predict(Files.readAllBytes(image)).body())
                        .getAsJsonObject()
                        .getAsJsonArray("detections")
                        .asList()
                        .stream()
                        .map(JsonElement::getAsJsonObject)
                        .toList();
        browser.allowClipboard(server.address());
        Files.createDirectories(SCREENSHOTS);
    }

    @AfterAll
    static void stopServerAndBrowser() {
        if (browser != null) {
            browser.close();
        }
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void openThePage() {
        browser.show(Browser.DESKTOP, false);
        browser.driver().get(server.address() + "/");
        browser.find("#classList input");
    }

    private static long count(Predicate<JsonObject> condition) {
        return found.stream().filter(condition).count();
    }

    private static boolean isAbove(JsonObject detection, double score) {
        return detection.get("score").getAsDouble() >= score;
    }

    private static boolean isCell(JsonObject detection) {
        return detection.get("category").getAsString().equals("cell");
    }

    private static void awaitBoxes(long count) {
        assertThat(count).isPositive();
        browser.await(
                () ->
                        browser.findAll("figure rect").size() == count
                                && browser.findAll("tbody tr").size() == count);
    }

    private static void chooseImage() {
        browser.findAll("#files").get(0).sendKeys(image.toString());
        awaitBoxes(found.size());
    }

    @Test
    void anImageIsChosenFilteredAndCopied() {
        assertThat(browser.find("#modelRow").isDisplayed()).as("there is one model").isFalse();
        chooseImage();
        JsonObject first = found.get(0);
        assertThat(Double.parseDouble(browser.find("figure rect").getDomAttribute("width")))
                .isEqualTo(first.getAsJsonArray("bbox").get(2).getAsDouble());
        assertThat(browser.find("figure img").getDomAttribute("alt"))
                .isEqualTo("noise.png, with " + found.size() + " objects");
        browser.find("#classList input").click();
        awaitBoxes(count(d -> !isCell(d)));
        browser.find("#classList input").click();
        awaitBoxes(found.size());
    }

    /** Drags files over the window, as the system hands them to the browser. */
    private static void drag(String what, List<Path> files) {
        browser.driver()
                .executeCdpCommand(
                        "Input.dispatchDragEvent",
                        Map.of(
                                "type",
                                what,
                                "x",
                                100,
                                "y",
                                100,
                                "data",
                                Map.of(
                                        "items",
                                        List.of(),
                                        "files",
                                        files.stream().map(Path::toString).toList(),
                                        "dragOperationsMask",
                                        1)));
    }

    @Test
    void droppedImagesAreLookedAtEach() throws IOException {
        Path other = Files.copy(image, folder.resolve("other.png"));
        List<Path> files = List.of(image, other);
        drag("dragEnter", files);
        drag("dragOver", files);
        browser.find("#drop.over");
        drag("drop", files);
        browser.await(() -> browser.findAll("figure rect").size() == 2 * found.size());
        assertThat(browser.findAll("#drop.over")).isEmpty();
        assertThat(browser.findAll("article h2").stream().map(WebElement::getText))
                .containsExactlyInAnyOrder("noise.png", "other.png");
        assertThat(browser.driver().getCurrentUrl()).isEqualTo(server.address() + "/");
    }

    @Test
    void theKeyboardAloneIsEnough() {
        browser.evaluate("document.getElementById('files').click = () => window.asked = true");
        browser.tabTo("#choose");
        browser.press(Keys.ENTER);
        assertThat(browser.evaluate("window.asked")).isEqualTo(true);
        chooseImage();
        browser.evaluate("document.getElementById('choose').focus()");
        browser.tabTo("#threshold");
        // Above half of the objects, in steps of 0.01 from 0.30.
        double middle = found.get(found.size() / 2).get("score").getAsDouble();
        int steps = (int) Math.ceil(100 * middle) - 30;
        for (int i = 0; i < steps; i++) {
            browser.press(Keys.ARROW_RIGHT);
        }
        double least = (30 + steps) / 100.0;
        assertThat(Double.parseDouble(browser.find("#thresholdValue").getText())).isEqualTo(least);
        long above = count(d -> isAbove(d, least));
        assertThat(above).isLessThan(found.size());
        awaitBoxes(above);
        browser.tabTo("#classList input");
        browser.press(Keys.SPACE);
        long shown = count(d -> isAbove(d, least) && !isCell(d));
        assertThat(shown).isLessThan(above);
        awaitBoxes(shown);
        browser.tabTo(".scroll");
        browser.tabTo("article button");
        browser.press(Keys.ENTER);
        browser.await(() -> browser.find("#status").getText().startsWith("Copied"));
        JsonObject copied = JsonParser.parseString(browser.clipboard()).getAsJsonObject();
        assertThat(copied.getAsJsonArray("detections").asList())
                .isEqualTo(found.stream().filter(d -> isAbove(d, least) && !isCell(d)).toList());
    }

    @Test
    void theCameraTakesPictures() {
        browser.find("#camera").click();
        browser.await(() -> browser.find("#viewfinder").isDisplayed());
        browser.await(
                () ->
                        Boolean.TRUE.equals(
                                browser.evaluate(
                                        "document.querySelector('video').videoWidth > 0")));
        browser.find("#shoot").click();
        assertThat(browser.find("article h2").getText()).startsWith("Picture");
        browser.find("article figure");
        browser.find("#stop").click();
        assertThat(browser.find("#viewfinder").isDisplayed()).isFalse();
    }

    @Test
    void whatIsNoImageIsToldBesideTheOthers() throws IOException {
        Path text = folder.resolve("text.png");
        Files.writeString(text, "not an image");
        chooseImage();
        browser.findAll("#files").get(0).sendKeys(text.toString());
        assertThat(browser.find("article .fault").getText()).contains("the image");
        assertThat(browser.findAll("figure")).hasSize(1);
    }

    @Test
    void thePageIsAccessibleAndFitsInEveryColourAndWidth() throws IOException {
        for (boolean isDark : List.of(false, true)) {
            for (int width : List.of(Browser.PHONE, Browser.DESKTOP)) {
                String what = (isDark ? "dark-" : "light-") + width;
                browser.show(width, isDark);
                browser.driver().navigate().refresh();
                browser.find("#classList input");
                browser.requireAccessible(what + " without images");
                chooseImage();
                browser.requireAccessible(what + " with an image");
                browser.screenshot(SCREENSHOTS.resolve("serve-" + what + ".png"));
            }
        }
    }
}
