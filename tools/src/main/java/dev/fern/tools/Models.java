package dev.fern.tools;

import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import java.io.IOException;
import java.nio.file.Path;

/** Loads models with the changes that options make to them. */
final class Models {

    private Models() {}

    /**
     * Loads a model directory.
     *
     * @param minSize overrides the canvas rule's, unless null
     * @param maxSize overrides the canvas rule's, unless null
     * @param scoreThreshold overrides the model's, unless null
     * @throws IOException naming the file of the model that can't be used
     * @throws BadInputException if an override is out of range or the engine is unknown
     */
    static Detector load(
            Path directory, String engine, Integer minSize, Integer maxSize, Double scoreThreshold)
            throws IOException, BadInputException {
        DetectorConfiguration configuration = ModelDirectory.readConfiguration(directory);
        try {
            CanvasRule own = configuration.canvas();
            int min = minSize == null ? own.minSize() : minSize;
            int max = maxSize == null ? Math.max(own.maxSize(), min) : maxSize;
            configuration = configuration.withCanvas(new CanvasRule(min, max, own.stride()));
            if (scoreThreshold != null) {
                configuration =
                        configuration.withPostProcessing(
                                configuration.postProcessing().withScoreThreshold(scoreThreshold));
            }
            Engines.require(engine);
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
        return Detector.load(directory, configuration, engine);
    }
}
