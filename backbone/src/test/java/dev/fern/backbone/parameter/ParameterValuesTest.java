package dev.fern.backbone.parameter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.core.Linear;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
class ParameterValuesTest {

    private NDManager manager;
    private Chain block;

    @BeforeEach
    void initialize() {
        manager = NDManager.newBaseManager();
        block =
                new Chain()
                        .add("first", Linear.builder().setUnits(3).build())
                        .add("second", Linear.builder().setUnits(2).optBias(false).build());
        block.initialize(manager, DataType.FLOAT32, new Shape(1, 2));
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private static Tensor counting(float from, long... shape) {
        float[] data = new float[(int) new Shape(shape).size()];
        for (int i = 0; i < data.length; i++) {
            data[i] = from + i;
        }
        return new Tensor(shape, data);
    }

    private static Map<String, Tensor> values() {
        Map<String, Tensor> values = new LinkedHashMap<>();
        values.put("first.weight", counting(10, 3, 2));
        values.put("first.bias", counting(20, 3));
        values.put("second.weight", counting(30, 2, 3));
        return values;
    }

    @Test
    void whatIsAssignedIsWhatTheParametersHold() {
        ParameterValues.assign(block, values());
        assertThat(ParameterValues.copyOf(block)).isEqualTo(values());
        assertThat(NamedParameters.of(block).get("first.bias").getArray().toFloatArray())
                .containsExactly(20, 21, 22);
    }

    @Test
    void aCopyDoesNotChangeWithTheParameters() {
        ParameterValues.assign(block, values());
        Map<String, Tensor> copy = ParameterValues.copyOf(block);
        NamedParameters.of(block).get("first.bias").getArray().muli(2);
        assertThat(copy).isEqualTo(values());
    }

    @Test
    void aMissingParameterIsNamedAndNothingIsSet() {
        Map<String, Tensor> values = values();
        values.remove("second.weight");
        assertRefused(values, "second.weight is missing");
    }

    @Test
    void aValueWithoutAParameterIsNamedAndNothingIsSet() {
        Map<String, Tensor> values = values();
        values.put("third.weight", counting(0, 1));
        assertRefused(values, "third.weight");
    }

    @Test
    void aValueOfAnotherShapeIsNamedAndNothingIsSet() {
        Map<String, Tensor> values = values();
        values.put("second.weight", counting(0, 3, 2));
        assertRefused(values, "second.weight has shape [3, 2] where the network has [2, 3]");
    }

    private void assertRefused(Map<String, Tensor> values, String message) {
        Map<String, Tensor> before = ParameterValues.copyOf(block);
        assertThatThrownBy(() -> ParameterValues.assign(block, values))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
        assertThat(ParameterValues.copyOf(block)).isEqualTo(before);
    }
}
