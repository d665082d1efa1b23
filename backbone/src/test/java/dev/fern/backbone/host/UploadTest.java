package dev.fern.backbone.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;

/** The way of values to a device, as far as a machine without a GPU can go it. */
class UploadTest extends OperatorsCase {

    private static final Shape SHAPE = new Shape(2, 3);

    private static void write(FloatBuffer values) {
        values.put(new float[] {1, 2, 3, 4, 5, 6});
    }

    @Test
    void valuesAreWrittenToTheArrayAndCountedOnce() {
        Transfers before = Transfers.count();
        NDArray array = EngineBridge.of(manager).upload(manager, SHAPE, UploadTest::write);
        assertThat(Transfers.since(before)).isEqualTo(new Transfers(1, 0));
        assertThat(array.getShape()).isEqualTo(SHAPE);
        assertThat(array.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
    }

    @Test
    void stagedValuesArrive() {
        NDArray array = TorchMemory.stage(manager, SHAPE, UploadTest::write, false);
        assertThat(array.getShape()).isEqualTo(SHAPE);
        assertThat(array.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(manager.getManagedArrays()).containsExactly(array);
    }

    /** PyTorch understands the request, and has no device to pin memory for. */
    @Test
    void memoryIsPinnedForADeviceAlone() {
        assumeTrue(manager.getEngine().getGpuCount() == 0, "skipped: there is a GPU");
        assertThatThrownBy(() -> TorchMemory.stage(manager, SHAPE, UploadTest::write, true))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("pin");
    }

    @Test
    void movedValuesBelongToTheOwnerAlone() {
        NDArray array = EngineBridge.of(manager).upload(manager, SHAPE, UploadTest::write);
        NDArray moved;
        try (NDManager owner = manager.newSubManager()) {
            moved = TorchMemory.move(array, owner);
            assertThat(moved.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(owner.getManagedArrays()).containsExactly(moved);
        }
        assertThat(moved.isReleased()).isTrue();
        assertThat(array.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(manager.getManagedArrays()).containsExactly(array);
    }
}
