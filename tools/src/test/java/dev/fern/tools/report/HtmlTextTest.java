package dev.fern.tools.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HtmlTextTest {

    @Test
    void markupAndInvisibleCharactersLoseTheirPower() {
        assertThat(HtmlText.escape("a<b> & \"c\" 'd'"))
                .isEqualTo("a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
        assertThat(HtmlText.escape("\u0000\u001b[1m\u202egpj.exe\n")).isEqualTo("??[1m?gpj.exe?");
        assertThat(HtmlText.escape("Straße 猫 😀")).isEqualTo("Straße 猫 😀");
    }

    @Test
    void numbersAreShort() {
        assertThat(HtmlText.score(0.12345)).isEqualTo("0.123");
        assertThat(HtmlText.score(-1)).isEqualTo("–");
        assertThat(HtmlText.score(Double.NaN)).isEqualTo("–");
        assertThat(HtmlText.difference(-0.0126)).isEqualTo("−0.013");
        assertThat(HtmlText.difference(0.5)).isEqualTo("+0.500");
        assertThat(HtmlText.difference(Double.NaN)).isEqualTo("–");
        assertThat(HtmlText.coordinate(3)).isEqualTo("3");
        assertThat(HtmlText.coordinate(3.14159)).isEqualTo("3.14");
        assertThat(HtmlText.count(1234567)).isEqualTo("1\u202f234\u202f567");
    }
}
