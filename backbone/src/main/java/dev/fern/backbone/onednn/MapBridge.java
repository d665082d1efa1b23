package dev.fern.backbone.onednn;

import ai.djl.ndarray.NDArray;
import dev.fern.backbone.host.EngineBridge;
import org.bytedeco.javacpp.FloatPointer;

/** The bridge to the maps of a tape, which have functions of their own. */
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
    public float[] copy(NDArray array) {
        float[] values = new float[Math.toIntExact(array.size())];
        try (FloatPointer copy = new FloatPointer(values.length)) {
            tape.read((MapArray) array, copy.asBuffer());
            copy.get(values);
        }
        return values;
    }
}
