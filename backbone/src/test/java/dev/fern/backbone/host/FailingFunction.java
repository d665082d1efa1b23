package dev.fern.backbone.host;

import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The identity, whose backward pass throws. */
final class FailingFunction implements HostFunction {

    static final String MESSAGE = "this backward pass fails on purpose";

    private final String message;
    private final CyclicBarrier meeting;

    FailingFunction() {
        this(MESSAGE, new CyclicBarrier(1));
    }

    /**
     * @param meeting where the backward pass waits for others before it fails, a few seconds at
     *     most
     */
    FailingFunction(String message, CyclicBarrier meeting) {
        this.message = message;
        this.meeting = meeting;
    }

    @Override
    public Shape outputShape(List<Shape> inputs) {
        return inputs.get(0);
    }

    @Override
    public void forward(List<FloatBuffer> inputs, FloatBuffer output) {
        output.put(0, inputs.get(0), 0, output.capacity());
    }

    @Override
    public void backward(
            List<FloatBuffer> inputs,
            FloatBuffer output,
            FloatBuffer outputGradient,
            List<FloatBuffer> inputGradients) {
        try {
            meeting.await(5, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            // alone, then
        }
        throw new UnsupportedOperationException(message);
    }
}
