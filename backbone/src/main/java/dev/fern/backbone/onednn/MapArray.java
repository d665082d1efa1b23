package dev.fern.backbone.onednn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrayAdapter;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.HostArray;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.util.UUID;
import org.bytedeco.javacpp.FloatPointer;

/**
 * A map of a {@link Tape}, as blocks pass it on: its shape is [N, C, H, W], whatever the layout in
 * memory. DJL's operators do not work on it; those of this package do.
 */
public final class MapArray extends NDArrayAdapter implements HostArray {

    private final Tape tape;
    private final MapMemory memory;

    /** Takes over a hold on memory. */
    MapArray(Tape tape, NDManager manager, MapMemory memory) {
        super(manager, null, memory.shape.shape(), DataType.FLOAT32, UUID.randomUUID().toString());
        this.tape = tape;
        this.memory = memory;
        manager.attachInternal(uid, this);
    }

    Tape tape() {
        return tape;
    }

    MapMemory memory() {
        return memory;
    }

    @Override
    public EngineBridge bridge() {
        return MapBridge.INSTANCE;
    }

    /** Gives up the array; the tape keeps the memory as long as its backward pass needs it. */
    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            manager.detachInternal(uid);
            memory.release();
        }
    }

    @Override
    public void intern(NDArray replaced) {
        throw new UnsupportedOperationException("a map can't take the place of another");
    }

    @Override
    public void detach() {
        throw new UnsupportedOperationException("a map belongs to its tape");
    }

    @Override
    public NDArray stopGradient() {
        throw new UnsupportedOperationException("a map belongs to its tape");
    }

    @Override
    public String[] toStringArray(Charset charset) {
        throw new UnsupportedOperationException("a map holds numbers");
    }

    /** {@return a copy of the values, float32, [N, C, H, W]} */
    @Override
    public ByteBuffer toByteBuffer(boolean tryDirect) {
        ByteBuffer bytes = manager.allocateDirect(Math.toIntExact(shape.size() * Float.BYTES));
        tape.read(this, bytes.asFloatBuffer());
        return bytes;
    }

    /** The bridge to maps, which have functions of their own. */
    private static final class MapBridge implements EngineBridge {

        private static final MapBridge INSTANCE = new MapBridge();

        @Override
        public String engine() {
            return "oneDNN";
        }

        @Override
        public float[] copy(NDArray array) {
            float[] values = new float[Math.toIntExact(array.size())];
            try (FloatPointer copy = new FloatPointer(values.length)) {
                MapArray map = (MapArray) array;
                map.tape.read(map, copy.asBuffer());
                copy.get(values);
            }
            return values;
        }
    }
}
