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

/**
 * A map of a {@link Tape}, as blocks pass it on: its shape is [N, C, H, W], whatever the layout in
 * memory. DJL's operators do not work on it; those functions do that its {@link #bridge} applies.
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
        return new MapBridge(tape);
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
}
