package dev.fern.detection.device;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import dev.fern.backbone.host.EngineBridge;
import dev.fern.backbone.host.TorchScript;
import dev.fern.backbone.onednn.Precision;
import dev.fern.detection.anchor.Anchors;
import java.nio.FloatBuffer;

/**
 * The passes of a network in detection on the device of its parameters, up to the best candidates
 * of each level: they alone come back. For one thread at a time.
 */
public final class DeviceDetection {

    private final Block network;
    private final ParameterStore store;
    private final NDManager manager;
    private final TorchScript script = ScriptFile.load("detection.torchscript");
    private final DeviceAnchors anchorBoxes;

    /**
     * Prepares for the passes of a network.
     *
     * @param network initialised, with parameters on a device that {@linkplain
     *     DeviceTraining#supports allows it}
     * @param store where the network finds its parameters
     * @param owner of the parameters
     */
    public DeviceDetection(Block network, ParameterStore store, NDManager owner) {
        this.network = network;
        this.store = store;
        manager = owner;
        anchorBoxes = new DeviceAnchors(owner);
    }

    /**
     * {@return the candidates of a batch}
     *
     * @param pixels [N, 3, H, W], normalised, from index 0 of the buffer
     * @param shape N, 3, H, W
     * @param anchors of the canvas H x W
     * @param most how many candidates of a level are kept at most
     * @param precision of the maps
     */
    public Candidates candidates(
            FloatBuffer pixels, Shape shape, Anchors anchors, int most, Precision precision) {
        EngineBridge engine = EngineBridge.of(manager);
        engine.recordNothing();
        try (NDManager pass = manager.newSubManager()) {
            NDArray x = DeviceInput.of(pass, pixels, shape, precision);
            NDList outputs = network.forward(store, new NDList(x), false);
            int levels = outputs.size() / 2;
            NDArray found =
                    script.call(
                            pass,
                            "candidates",
                            outputs.subList(0, levels),
                            outputs.subList(levels, 2 * levels),
                            anchorBoxes.boxes(anchors),
                            (long) most);
            return new Candidates(engine.copy(found), Math.toIntExact(shape.get(0)));
        }
    }
}
