package dev.fern.backbone.fpn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.HostFunction;
import dev.fern.backbone.host.TorchScript;
import dev.fern.backbone.loop.Parallel;
import dev.fern.backbone.onednn.MapArray;
import dev.fern.backbone.onednn.MapFunctions;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * The pyramid's top-down step: a map plus the nearest-neighbour upsampling by two of the map above.
 * Inputs [N, C, H, W] and [N, C, H / 2, W / 2], output [N, C, H, W].
 */
final class TopDownAddition implements HostFunction {

    /** The backward pass of {@code repeat} adds in an order that GPUs leave open. */
    private static final String SCRIPT =
            """
              def forward(self, map: Tensor, above: Tensor) -> Tensor:
                return map + torch.upsample_nearest2d(above, [map.size(2), map.size(3)])
            """;

    private int rows;
    private int height;
    private int width;

    /** Adds {@code above}, upsampled, to {@code map}. */
    static NDArray apply(NDArray map, NDArray above) {
        Shape fine = map.getShape();
        Shape coarse = above.getShape();
        if (!fine.equals(
                new Shape(coarse.get(0), coarse.get(1), 2 * coarse.get(2), 2 * coarse.get(3)))) {
            throw new IllegalArgumentException(
                    "image sides must be multiples of 32: maps of "
                            + fine
                            + " and "
                            + coarse
                            + " are not in the ratio 2");
        }
        if (map instanceof MapArray lower) {
            return MapFunctions.addUpsampled(lower, (MapArray) above);
        }
        EngineBridge engine = EngineBridge.of(map);
        if (engine.supports(map)) {
            return engine.apply(new TopDownAddition(), map, above);
        }
        return engine.runsScripts(map.getDevice())
                ? TorchScript.of(SCRIPT).forward(map, above)
                : map.add(above.repeat(2, 2).repeat(3, 2));
    }

    @Override
    public Shape outputShape(List<Shape> inputs) {
        Shape fine = inputs.get(0);
        rows = Math.toIntExact(fine.get(0) * fine.get(1));
        height = Math.toIntExact(fine.get(2));
        width = Math.toIntExact(fine.get(3));
        return fine;
    }

    @Override
    public void forward(List<FloatBuffer> inputs, FloatBuffer output) {
        FloatBuffer fine = inputs.get(0);
        FloatBuffer coarse = inputs.get(1);
        int length = height * width;
        Parallel.forRows(
                rows,
                length,
                (from, to) -> {
                    float[] sums = new float[length];
                    float[] above = new float[length / 4];
                    for (int row = from; row < to; row++) {
                        fine.get(row * length, sums);
                        coarse.get(row * above.length, above);
                        for (int y = 0, i = 0; y < height; y += 2) {
                            for (int x = 0; x < width; x += 2, i++) {
                                int at = y * width + x;
                                sums[at] += above[i];
                                sums[at + 1] += above[i];
                                sums[at + width] += above[i];
                                sums[at + width + 1] += above[i];
                            }
                        }
                        output.put(row * length, sums);
                    }
                });
    }

    @Override
    public void backward(
            List<FloatBuffer> inputs,
            FloatBuffer output,
            FloatBuffer outputGradient,
            List<FloatBuffer> inputGradients) {
        FloatBuffer fine = inputGradients.get(0);
        FloatBuffer coarse = inputGradients.get(1);
        int length = height * width;
        Parallel.forRows(
                rows,
                length,
                (from, to) -> {
                    float[] gradient = new float[length];
                    float[] above = new float[length / 4];
                    for (int row = from; row < to; row++) {
                        outputGradient.get(row * length, gradient);
                        fine.put(row * length, gradient);
                        for (int y = 0, i = 0; y < height; y += 2) {
                            for (int x = 0; x < width; x += 2, i++) {
                                int at = y * width + x;
                                above[i] =
                                        gradient[at]
                                                + gradient[at + 1]
                                                + gradient[at + width]
                                                + gradient[at + width + 1];
                            }
                        }
                        coarse.put(row * above.length, above);
                    }
                });
    }
}
