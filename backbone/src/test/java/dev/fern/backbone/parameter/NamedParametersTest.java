package dev.fern.backbone.parameter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.nn.Blocks;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NamedParametersTest {

    @Test
    void namesJoinBlocksByDotsWithoutCounters() {
        Chain inner =
                new Chain()
                        .add("norm", LayerNorm.builder().build())
                        .add("2d", Linear.builder().setUnits(3).build());
        Chain outer =
                new Chain()
                        .add("flatten", Blocks.batchFlattenBlock())
                        .add("inner", inner)
                        .add("last", Linear.builder().setUnits(2).optBias(false).build());
        Map<String, Parameter> parameters = NamedParameters.of(outer);
        assertThat(parameters.keySet())
                .containsExactly(
                        "inner.norm.gamma",
                        "inner.norm.beta",
                        "inner.2d.weight",
                        "inner.2d.bias",
                        "last.weight");
        assertThat(parameters.get("last.weight").getType()).isEqualTo(Parameter.Type.WEIGHT);
    }

    @Test
    void moreThanNinetyNineChildrenKeepTheirNames() {
        Chain many = new Chain();
        for (int i = 0; i < 120; i++) {
            many.add("layer" + i, Linear.builder().setUnits(1).optBias(false).build());
        }
        assertThat(NamedParameters.of(many))
                .hasSize(120)
                .containsKeys("layer0.weight", "layer119.weight");
    }

    @Test
    void childrenOfOneNameAreRefusedRatherThanLost() {
        SequentialBlock twins =
                new SequentialBlock()
                        .add(Linear.builder().setUnits(1).build())
                        .add(Linear.builder().setUnits(1).build());
        assertThatThrownBy(() -> NamedParameters.of(twins))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Linear.weight");
    }
}
