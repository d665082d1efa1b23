package dev.fern.backbone.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Tests with a manager of PyTorch's that treats the CPU as a GPU. */
public abstract class OperatorsCase {

    protected NDManager manager;

    @BeforeEach
    final void openManager() {
        assumeTrue(
                getClass().getResource("/native/lib/pytorch.properties") != null,
                "skipped: built without PyTorch's native library");
        System.setProperty(EngineBridge.OPERATORS, "true");
        try {
            manager = EngineBridge.of("PyTorch").newManager();
        } finally {
            System.clearProperty(EngineBridge.OPERATORS);
        }
        assertThat(EngineBridge.of(manager.newSubManager()).lends()).isFalse();
    }

    @AfterEach
    final void closeManager() {
        if (manager != null) {
            manager.close();
        }
    }
}
