package dev.fern.backbone.norm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.Example;

class NormalizationTest {

    @Example
    void aNameFindsTheNormalisationThatBearsIt() {
        for (String name :
                List.of(
                        "frn",
                        "frn-eps",
                        "bn",
                        "frozen-bn",
                        "frozen-bn-eps0",
                        "gn",
                        "gn8",
                        "ln",
                        "in",
                        "gn-tlu",
                        "gn8-tlu",
                        "ln-tlu",
                        "in-tlu")) {
            assertThat(Normalization.parse(name).id()).isEqualTo(name);
        }
        assertThat(Normalization.parse("frn")).isEqualTo(new FilterResponseNormalization(false));
        assertThat(Normalization.parse("frn-eps")).isEqualTo(new FilterResponseNormalization(true));
        assertThat(Normalization.parse("frozen-bn")).isEqualTo(new FrozenBatchNormalization(1e-5));
        assertThat(Normalization.parse("frozen-bn-eps0"))
                .isEqualTo(new FrozenBatchNormalization(0));
        assertThat(Normalization.parse("gn")).isEqualTo(new GroupNormalization(32));
        assertThat(Normalization.parse("gn32").id()).isEqualTo("gn");
        assertThat(Normalization.parse("gn1").id()).isEqualTo("ln");
        assertThat(Normalization.parse("brn40000").id()).isEqualTo("brn");
    }

    @Example
    void everyKnownNameIsThatOfItsNormalisation() {
        for (String name : Normalization.NAMES) {
            String typed = name.replace("N", "8");
            assertThat(Normalization.parse(typed).id()).isEqualTo(typed);
        }
    }

    @Example
    void anEndOfTheNameChoosesTheActivation() {
        assertThat(Normalization.parse("frn-relu"))
                .isEqualTo(new FilterResponseNormalization(false, Activation.RELU));
        assertThat(Normalization.parse("frn-tlu")).isEqualTo(Normalization.parse("frn"));
        assertThat(Normalization.parse("bn-tlu")).isEqualTo(new BatchNormalization(Activation.TLU));
        assertThat(Normalization.parse("bn-relu")).isEqualTo(Normalization.parse("bn"));
        assertThat(Normalization.parse("gn8-tlu"))
                .isEqualTo(new GroupNormalization(8, Activation.TLU));
    }

    @Example
    void onlyNormsOfABatchMixItsImages() {
        for (String name : List.of("frn", "frn-relu", "gn", "gn4-tlu", "ln", "in", "frozen-bn")) {
            assertThat(Normalization.parse(name).isBatchIndependent()).as(name).isTrue();
        }
        for (String name : List.of("bn", "bn-tlu", "brn", "brn100")) {
            assertThat(Normalization.parse(name).isBatchIndependent()).as(name).isFalse();
        }
    }

    @Example
    void anUnknownNameIsRefusedWithTheKnownOnes() {
        for (String name :
                List.of(
                        "",
                        "FRN",
                        "gn0",
                        "gn-1",
                        "gnN",
                        "gn999999",
                        "layer",
                        "bn ",
                        "brn0",
                        "brnN",
                        "-tlu",
                        "frn-tlu-tlu",
                        "bn-none")) {
            assertThatThrownBy(() -> Normalization.parse(name))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'" + name + "'")
                    .hasMessageContaining("frn")
                    .hasMessageContaining("frozen-bn");
        }
    }
}
