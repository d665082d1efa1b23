package dev.fern.detection.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.ConvBlocks;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
class OutputConvolutionTest {

    private static final int INPUTS = 8;
    private static final Shape[] MAPS = {
        new Shape(2, INPUTS, 6, 5), new Shape(2, INPUTS, 3, 3), new Shape(2, INPUTS, 1, 1)
    };

    private NDManager manager;

    @BeforeEach
    void start() {
        manager = EngineBridge.of(TinyDetectors.ENGINE).newManager();
    }

    @AfterEach
    void end() {
        manager.close();
    }

    /** Returns what a block makes of the maps, and the gradients of its parameters, as floats. */
    private List<float[]> pass(Block block, Map<String, Tensor> values, boolean ofAllAtOnce) {
        ParameterValues.initializeWith(block, values);
        block.initialize(manager, DataType.FLOAT32, MAPS[0]);
        ParameterStore parameters = new ParameterStore(manager, false);
        List<float[]> found = new ArrayList<>();
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = EngineBridge.of(step).newGradientCollector(step)) {
            Random random = new Random(1);
            NDList maps = new NDList();
            for (Shape shape : MAPS) {
                maps.add(step.create(random(random, shape), shape));
            }
            NDList outputs = new NDList();
            if (ofAllAtOnce) {
                outputs = block.forward(parameters, maps, true);
            } else {
                for (NDArray map : maps) {
                    outputs.addAll(block.forward(parameters, new NDList(map), true));
                }
            }
            NDList gradients = new NDList();
            for (NDArray output : outputs) {
                found.add(output.toFloatArray());
                gradients.add(step.create(random(random, output.getShape()), output.getShape()));
            }
            EngineBridge.of(step).backward(collector, outputs, gradients);
        }
        NamedParameters.of(block)
                .values()
                .forEach(
                        parameter ->
                                found.add(
                                        EngineBridge.of(parameter.getArray().getGradient())
                                                .copy(parameter.getArray().getGradient())));
        return found;
    }

    private static float[] random(Random random, Shape shape) {
        float[] values = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 9, 27, 40})
    void isThePlainConvolution(int channels) {
        Random random = new Random(channels);
        Map<String, Tensor> values = new LinkedHashMap<>();
        Shape weight = new Shape(channels, INPUTS, 3, 3);
        values.put("weight", new Tensor(weight.getShape(), random(random, weight)));
        values.put("bias", new Tensor(new long[] {channels}, random(random, new Shape(channels))));
        List<float[]> expected = pass(ConvBlocks.conv(channels, 3, 1, true), values, false);
        List<float[]> found = pass(new OutputConvolution(channels), values, true);
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i))
                    .as("result " + i)
                    .containsExactly(expected.get(i), within(2e-5f));
        }
    }
}
