package dev.fern.backbone.host;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * An engine of which nothing is known but what DJL's interfaces say. Host functions do not run on
 * it: its operators compute the networks.
 *
 * @param name DJL's name of the engine
 */
record OtherEngine(String name) implements EngineBridge {

    @Override
    public NDManager newManager(Device device) {
        return NDManager.newBaseManager(device, name);
    }

    @Override
    public int lanes() {
        return 1;
    }

    @Override
    public void limitThreads(int cores) {}

    @Override
    public boolean roundsByBatch(Device device) {
        return false;
    }

    @Override
    public int fastChannelMultiple(Device device) {
        return 1;
    }

    @Override
    public boolean lendsMemory(NDArray array) {
        return false;
    }

    @Override
    public FloatBuffer floats(NDArray array) {
        throw new UnsupportedOperationException(
                "engine " + name + " does not lend the memory of its arrays");
    }

    @Override
    public NDArray share(NDArray array, NDManager manager) {
        throw new UnsupportedOperationException(
                "engine " + name + " does not lend the memory of its arrays");
    }

    @Override
    public boolean supports(NDArray array) {
        return false;
    }

    @Override
    public void record(HostFunction function, List<NDArray> inputs, NDArray output) {
        throw new UnsupportedOperationException("engine " + name + " does not run host functions");
    }

    @Override
    public GradientCollector newGradientCollector(NDManager manager) {
        return manager.getEngine().newGradientCollector();
    }

    @Override
    public void recordNothing() {}

    @Override
    public boolean addsToGradients() {
        return false;
    }

    @Override
    public void clearGradient(NDArray array) {}
}
