package dev.fern.tools.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/**
 * Headless Chromium that a test steers as a user would, by Selenium and Debian's {@code
 * chromium-driver}. Tests are skipped where either is missing.
 */
public final class Browser implements AutoCloseable {

    /** The width of many phones in CSS pixels. */
    public static final int PHONE = 390;

    /** The width of a small desktop in CSS pixels. */
    public static final int DESKTOP = 1280;

    private static final int HEIGHT = 800;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration SCRIPT_PATIENCE = Duration.ofMinutes(2);
    private static final long LOOK_EVERY_MILLIS = 20;

    private static final List<String> SWITCHES =
            List.of(
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--disable-dev-shm-usage",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--hide-scrollbars",
                    "--use-fake-device-for-media-stream",
                    "--use-fake-ui-for-media-stream");

    /** Warns that it does not know each version of Chromium; a strong reference keeps the level. */
    private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium");

    private final ChromeDriver driver;
    private final Path profile;
    private int width;

    private Browser(ChromeDriver driver, Path profile) {
        this.driver = driver;
        this.profile = profile;
    }

    /** {@return where Chromium is, if this machine has it} */
    public static Optional<Path> chromium() {
        return executable("chromium", "chromium-browser", "google-chrome");
    }

    private static Optional<Path> executable(String... names) {
        return Stream.of(names)
                .map(name -> Path.of("/usr/bin", name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Starts a browser, or skips the test with a line where the machine has none.
     *
     * @param profile an empty folder for what the browser keeps
     */
    public static Browser start(Path profile) {
        Optional<Path> chromium = chromium();
        Optional<Path> chromedriver = executable("chromedriver");
        assumeTrue(
                chromium.isPresent() && chromedriver.isPresent(),
                "no chromium and chromium-driver in /usr/bin: no page is tried");
        SELENIUM.setLevel(Level.SEVERE);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.get().toFile());
        options.addArguments(SWITCHES);
        options.addArguments("--user-data-dir=" + profile);
        ChromeDriverService service =
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(chromedriver.get().toFile())
                        .usingAnyFreePort()
                        .withLogFile(new File(profile.toFile().getParentFile(), "chromedriver.log"))
                        .build();
        Browser browser = new Browser(new ChromeDriver(service, options), profile);
        browser.driver.manage().timeouts().scriptTimeout(SCRIPT_PATIENCE);
        browser.show(DESKTOP, false);
        return browser;
    }

    /** {@return what steers the browser, for all that has no method here} */
    public ChromeDriver driver() {
        return driver;
    }

    /**
     * Sets how wide the window is and what the user prefers.
     *
     * @param width in CSS pixels, such as {@link #PHONE}
     * @param isDark whether dark colours are preferred
     */
    public void show(int width, boolean isDark) {
        this.width = width;
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of(
                        "width",
                        width,
                        "height",
                        HEIGHT,
                        "deviceScaleFactor",
                        1,
                        "mobile",
                        width <= PHONE));
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of(
                        "features",
                        List.of(
                                Map.of(
                                        "name",
                                        "prefers-color-scheme",
                                        "value",
                                        isDark ? "dark" : "light"))));
    }

    /** Lets the pages of an address use the clipboard. */
    public void allowClipboard(String origin) {
        driver.executeCdpCommand(
                "Browser.grantPermissions",
                Map.of(
                        "origin",
                        origin,
                        "permissions",
                        List.of("clipboardReadWrite", "clipboardSanitizedWrite")));
    }

    /** {@return the text on the clipboard} */
    public String clipboard() {
        return (String)
                driver.executeAsyncScript(
                        "navigator.clipboard.readText().then(arguments[0], e => arguments[0](String(e)))");
    }

    /** {@return the element that a CSS selector names, once it is there} */
    public WebElement find(String selector) {
        return await(
                () -> driver.findElements(By.cssSelector(selector)).stream().findFirst(),
                "no element is " + selector);
    }

    /** {@return all elements that a CSS selector names now} */
    public List<WebElement> findAll(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    /** {@return the value of a script's expression} */
    public Object evaluate(String expression, Object... arguments) {
        return driver.executeScript("return " + expression, arguments);
    }

    /** Presses keys where the focus is. */
    public void press(CharSequence... keys) {
        driver.switchTo().activeElement().sendKeys(keys);
    }

    /** Presses the tabulator until the element that a CSS selector names has the focus. */
    public void tabTo(String selector) {
        Set<WebElement> passed = new LinkedHashSet<>();
        while (true) {
            press(Keys.TAB);
            WebElement focused = driver.switchTo().activeElement();
            if (Boolean.TRUE.equals(
                    evaluate("arguments[0].matches(arguments[1])", focused, selector))) {
                return;
            }
            if (!passed.add(focused)) {
                break; // it has come round
            }
        }
        throw new AssertionError(
                "the tabulator never came to "
                        + selector
                        + ", but to "
                        + passed.stream()
                                .map(e -> e.getTagName() + "#" + e.getDomAttribute("id"))
                                .toList());
    }

    /** Waits until a condition holds. */
    public void await(Supplier<Boolean> condition) {
        await(
                () -> condition.get() ? Optional.of(true) : Optional.empty(),
                "what is waited for did not come");
    }

    private static <T> T await(Supplier<Optional<T>> wanted, String message) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            Optional<T> found = wanted.get();
            if (found.isPresent()) {
                return found.get();
            }
            if (System.nanoTime() > end) {
                throw new AssertionError(message);
            }
            try {
                Thread.sleep(LOOK_EVERY_MILLIS);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /**
     * Asserts that a page fits into the window's width and that axe-core finds no serious fault.
     */
    public void requireAccessible(String what) {
        assertThat(((Number) evaluate("document.documentElement.scrollWidth")).intValue())
                .as(what + " does not scroll sideways")
                .isLessThanOrEqualTo(width);
        assertThat(seriousFaults()).as(what).isEmpty();
    }

    /** {@return the faults that axe-core calls serious or critical, one line each} */
    public List<?> seriousFaults() {
        driver.executeScript(axe());
        return (List<?>)
                driver.executeAsyncScript(
                        """
                        const done = arguments[arguments.length - 1];
                        axe.run().then(
                            result => done(result.violations
                                .filter(v => v.impact === 'serious' || v.impact === 'critical')
                                .flatMap(v => v.nodes.map(n => v.id + ': ' + n.html + ': ' + n.failureSummary))),
                            fault => done(['axe-core failed: ' + fault]));
                        """);
    }

    private static String axe() {
        try (InputStream in = Browser.class.getResourceAsStream("/axe.min.js")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes what the window shows, as PNG. */
    public void screenshot(Path file) throws IOException {
        Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
    }

    @Override
    public void close() {
        driver.quit();
        awaitEnd(profile);
    }

    /**
     * Waits until no process of Chromium is left that may write to a profile, since some outlive
     * the first one.
     *
     * @param profile the folder
     */
    public static void awaitEnd(Path profile) {
        await(
                () ->
                        ProcessHandle.allProcesses()
                                        .noneMatch(
                                                process ->
                                                        process.info()
                                                                .commandLine()
                                                                .orElse("")
                                                                .contains(profile.toString()))
                                ? Optional.of(true)
                                : Optional.empty(),
                "Chromium does not end");
    }
}
