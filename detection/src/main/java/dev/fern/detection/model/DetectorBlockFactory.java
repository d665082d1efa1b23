package dev.fern.detection.model;

import ai.djl.Model;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Makes the network of a {@link ModelDirectory}, with its parameters, for DJL's model loading,
 * which finds this class by the name in {@code serving.properties}.
 */
public final class DetectorBlockFactory implements BlockFactory {

    private static final long serialVersionUID = 1L;

    /**
     * Reads the network.
     *
     * @param model its manager owns the parameters
     * @param modelPath the model directory
     * @param arguments not used
     * @return the network, initialised
     * @throws IOException if a file is missing, damaged or does not fit the other; the message
     *     names it
     */
    @Override
    public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments)
            throws IOException {
        return ModelDirectory.readNetwork(
                modelPath, ModelDirectory.readConfiguration(modelPath), model.getNDManager(), true);
    }
}
