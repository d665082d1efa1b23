package dev.fern.detection.pretrain;

import ai.djl.ndarray.NDManager;
import dev.fern.backbone.classification.BackboneClassifier;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.settings.RecordJson;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Reads and writes classifiers on disk. The folder of a classifier has {@code model.json} (a {@link
 * ClassifierConfiguration}) and {@code parameters.safetensors}.
 */
public final class ClassifierDirectory {

    private ClassifierDirectory() {}

    /**
     * Writes a classifier into an empty folder.
     *
     * @param folder the folder
     * @param configuration what the classifier is besides its parameters
     * @param parameters the network's parameters by their names
     * @throws IOException if the folder can't be written to
     */
    public static void writeInto(
            Path folder, ClassifierConfiguration configuration, Map<String, Tensor> parameters)
            throws IOException {
        ModelDirectory.writeFiles(
                folder, RecordJson.write(configuration), parameters, "fern-classifier");
    }

    /**
     * Reads a classifier's configuration.
     *
     * @param directory the model's folder
     * @return the configuration
     * @throws IOException if it is missing, damaged or a detector's; the message names the file and
     *     what is wrong
     */
    public static ClassifierConfiguration readConfiguration(Path directory) throws IOException {
        if (!ModelDirectory.holdsClassifier(directory)) {
            throw new IOException(
                    directory.resolve(ModelDirectory.CONFIGURATION_FILE)
                            + ": holds a detector, not a classifier");
        }
        return ModelDirectory.read(
                directory,
                ModelDirectory.readDocument(directory),
                document -> RecordJson.read(document, ClassifierConfiguration.class));
    }

    /**
     * Gives a network a model's parameters.
     *
     * @param directory the model's folder
     * @param network built by the model's configuration, without parameters
     * @param manager owner of the parameters
     * @throws IOException if they are missing, damaged or not those of the network; the message
     *     names the file
     */
    static void readParameters(Path directory, BackboneClassifier network, NDManager manager)
            throws IOException {
        ModelDirectory.readInto(directory, values -> network.initialize(manager, values));
    }
}
