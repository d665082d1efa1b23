package dev.fern.detection.device;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.TorchScript;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Tests of the functions that a training on the device calls, run on the CPU. */
abstract class TrainingScriptTest {

    NDManager manager;
    TorchScript script;

    @BeforeEach
    void openManager() {
        assumeTrue(
                getClass().getResource("/native/lib/pytorch.properties") != null,
                "skipped: built without PyTorch's native library");
        System.setProperty(EngineBridge.OPERATORS, "true");
        try {
            manager = EngineBridge.of("PyTorch").newManager();
        } finally {
            System.clearProperty(EngineBridge.OPERATORS);
        }
        script = ScriptFile.load("training.torchscript");
    }

    @AfterEach
    void closeManager() {
        if (manager != null) {
            manager.close();
        }
    }
}
