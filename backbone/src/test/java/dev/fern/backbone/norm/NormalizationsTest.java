package dev.fern.backbone.norm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.Example;

class NormalizationsTest {

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
            assertThat(Normalizations.parse(name).name()).isEqualTo(name);
        }
        assertThat(Normalizations.parse("frn")).isEqualTo(new FilterResponseNormalization(false));
        assertThat(Normalizations.parse("frn-eps"))
                .isEqualTo(new FilterResponseNormalization(true));
        assertThat(Normalizations.parse("frozen-bn")).isEqualTo(new FrozenBatchNormalization(1e-5));
        assertThat(Normalizations.parse("frozen-bn-eps0"))
                .isEqualTo(new FrozenBatchNormalization(0));
        assertThat(Normalizations.parse("gn")).isEqualTo(new GroupNormalization(32));
        assertThat(Normalizations.parse("gn32").name()).isEqualTo("gn");
        assertThat(Normalizations.parse("gn1").name()).isEqualTo("ln");
        assertThat(Normalizations.parse("brn40000").name()).isEqualTo("brn");
    }

    @Example
    void anEndOfTheNameChoosesTheActivation() {
        assertThat(Normalizations.parse("frn-relu"))
                .isEqualTo(new FilterResponseNormalization(false, Activation.RELU));
        assertThat(Normalizations.parse("frn-tlu")).isEqualTo(Normalizations.parse("frn"));
        assertThat(Normalizations.parse("bn-tlu"))
                .isEqualTo(new BatchNormalization(Activation.TLU));
        assertThat(Normalizations.parse("bn-relu")).isEqualTo(Normalizations.parse("bn"));
        assertThat(Normalizations.parse("gn8-tlu"))
                .isEqualTo(new GroupNormalization(8, Activation.TLU));
    }

    @Example
    void onlyNormsOfABatchMixItsImages() {
        for (String name : List.of("frn", "frn-relu", "gn", "gn4-tlu", "ln", "in", "frozen-bn")) {
            assertThat(Normalizations.parse(name).isBatchIndependent()).as(name).isTrue();
        }
        for (String name : List.of("bn", "bn-tlu", "brn", "brn100")) {
            assertThat(Normalizations.parse(name).isBatchIndependent()).as(name).isFalse();
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
            assertThatThrownBy(() -> Normalizations.parse(name))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'" + name + "'")
                    .hasMessageContaining("frn")
                    .hasMessageContaining("frozen-bn");
        }
    }
}
