package dev.fern.tools.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shows that what the tests of pages rely on does find faults. */
class BrowserTest {

    @TempDir static Path folder;

    @Test
    void faultsOfAPageAreFound() throws IOException {
        Path good = folder.resolve("good.html");
        Files.writeString(
                good,
                """
                <!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
                <title>Good</title><main><h1>Good</h1><button id="ok">OK</button></main></html>
                """);
        Path bad = folder.resolve("bad.html");
        Files.writeString(
                bad,
                """
                <!doctype html><meta name="viewport" content="width=device-width">
                <img src="data:,"><p style="color:#ccc;background:#fff">pale</p><button></button>
                """);
        Path wide = folder.resolve("wide.html");
        Files.writeString(
                wide,
                Files.readString(good)
                        .replace("<button", "<p style='width:500px'>wide</p><button"));
        try (Browser browser = Browser.start(folder.resolve("browser"))) {
            browser.show(Browser.PHONE, true);
            assertThat(browser.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"))
                    .isEqualTo(true);
            browser.driver().get(good.toUri().toString());
            browser.requireAccessible("a good page");
            browser.tabTo("#ok");
            assertThatThrownBy(() -> browser.tabTo("#none")).hasMessageContaining("button#ok");
            browser.driver().get(wide.toUri().toString());
            assertThatThrownBy(() -> browser.requireAccessible("a wide page"))
                    .hasMessageContaining("sideways");
            browser.driver().get(bad.toUri().toString());
            assertThat(browser.seriousFaults())
                    .extracting(fault -> fault.toString().split(":")[0])
                    .contains("image-alt", "color-contrast", "button-name", "html-has-lang");
        }
    }
}
