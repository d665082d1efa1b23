package dev.fern.detection.model;

import ai.djl.Model;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Gives DJL's model loading the network of a {@link ModelDirectory} with its parameters. */
public final class DetectorBlockFactory implements BlockFactory {

    private static final long serialVersionUID = 1L;

    /**
     * Reads the network.
     *
     * @param model owner of the parameters
     * @throws IOException as {@link ModelDirectory#readNetwork}
     */
    @Override
    public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments)
            throws IOException {
        return ModelDirectory.readNetwork(
                modelPath, ModelDirectory.readConfiguration(modelPath), model.getNDManager());
    }
}
