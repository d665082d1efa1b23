package dev.fern.backbone.onednn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.HostFunction;
import org.bytedeco.javacpp.FloatPointer;

/** The bridge to the maps of a tape: host functions work on copies of their values. */
final class MapBridge implements EngineBridge {

    private final Tape tape;

    MapBridge(Tape tape) {
        this.tape = tape;
    }

    @Override
    public String engine() {
        return "oneDNN";
    }

    @Override
    public boolean supports(NDArray array) {
        return true;
    }

    @Override
    public NDArray share(NDArray array, NDManager manager) {
        return EngineBridge.of(array).share(array, manager);
    }

    @Override
    public float[] copy(NDArray array) {
        float[] values = new float[Math.toIntExact(array.size())];
        try (FloatPointer copy = new FloatPointer(values.length)) {
            tape.read((MapArray) array, copy.asBuffer());
            copy.get(values);
        }
        return values;
    }

    @Override
    public NDArray apply(HostFunction function, NDArray... inputs) {
        return PlainFunction.apply(tape, function, inputs);
    }
}
