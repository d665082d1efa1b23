package dev.fern.detection.model;

import ai.djl.ndarray.NDManager;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.fern.backbone.parameter.SafeTensors;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.detection.files.AtomicFolder;
import dev.fern.detection.files.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A model on disk: {@code model.json} (a {@link DetectorConfiguration}), {@code
 * parameters.safetensors}, and {@code serving.properties}, by which plain DJL loads it:
 *
 * <pre>{@code
 * Criteria.builder()
 *         .setTypes(Image.class, DetectedObjects.class)
 *         .optModelPath(directory)
 *         .optTranslatorFactory(new DeferredTranslatorFactory())
 *         .build()
 *         .loadModel()
 * }</pre>
 */
public final class ModelDirectory {

    /** The file of the configuration. */
    public static final String CONFIGURATION_FILE = "model.json";

    /** The file of the parameters. */
    public static final String PARAMETER_FILE = "parameters.safetensors";

    /** The {@code kind} that a classifier's configuration names. */
    public static final String CLASSIFIER_KIND = "classifier";

    private static final String SERVING_FILE = "serving.properties";
    private static final long MAX_CONFIGURATION_BYTES = 1 << 24;
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private ModelDirectory() {}

    /**
     * Writes a model, or replaces one with all that is in its folder.
     *
     * @throws IOException if that fails, or if the folder holds files but no model; a model that
     *     was there before is then unchanged
     */
    public static void write(
            Path directory, DetectorConfiguration configuration, Map<String, Tensor> parameters)
            throws IOException {
        replace(directory, folder -> writeInto(folder, configuration, parameters));
    }

    /**
     * As {@link #write}, for a model of any kind.
     *
     * @param content writes the model into the folder that it is given
     */
    public static void replace(Path directory, AtomicFolder.Content content) throws IOException {
        if (Files.exists(directory)
                && !Files.exists(directory.resolve(CONFIGURATION_FILE))
                && !isEmptyFolder(directory)) {
            throw new IOException(
                    directory + ": holds something that is no model; choose another folder");
        }
        AtomicFolder.replace(directory, content);
    }

    private static boolean isEmptyFolder(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return false;
        }
        try (Stream<Path> entries = Files.list(path)) {
            return entries.findAny().isEmpty();
        }
    }

    /**
     * Writes a model into an empty folder.
     *
     * @throws IOException if that fails
     */
    public static void writeInto(
            Path directory, DetectorConfiguration configuration, Map<String, Tensor> parameters)
            throws IOException {
        writeFiles(directory, ModelDocument.write(configuration), parameters, "fern-detector");
        Files.writeString(
                directory.resolve(SERVING_FILE),
                """
                engine=MXNet
                application=cv/object_detection
                blockFactory=dev.fern.detection.model.DetectorBlockFactory
                translatorFactory=dev.fern.detection.model.DetectorTranslatorFactory
                option.hasParameter=false
                """);
    }

    /** Writes the two files that models of every kind have. */
    public static void writeFiles(
            Path directory, JsonObject configuration, Map<String, Tensor> parameters, String format)
            throws IOException {
        Files.writeString(directory.resolve(CONFIGURATION_FILE), GSON.toJson(configuration) + "\n");
        SafeTensors.write(directory.resolve(PARAMETER_FILE), parameters, Map.of("format", format));
    }

    /**
     * Reads a model's configuration.
     *
     * @throws IOException if it is missing, damaged or a classifier's; the message names the file
     *     and what is wrong
     */
    public static DetectorConfiguration readConfiguration(Path directory) throws IOException {
        if (holdsClassifier(directory)) {
            throw new IOException(
                    directory.resolve(CONFIGURATION_FILE)
                            + ": holds a classifier, not a detector; train a detector that starts"
                            + " from it by fern train --backbone-weights "
                            + directory);
        }
        return read(directory, readDocument(directory), ModelDocument::read);
    }

    /**
     * Returns whether the model is a classifier, by the {@code kind} that its file names; a
     * detector's names none.
     *
     * @throws IOException if the configuration is missing or damaged
     */
    public static boolean holdsClassifier(Path directory) throws IOException {
        JsonElement root = readDocument(directory);
        return root.isJsonObject()
                && new JsonPrimitive(CLASSIFIER_KIND).equals(root.getAsJsonObject().get("kind"));
    }

    /**
     * Makes a configuration of a model's file.
     *
     * @param document the file
     * @param reading throws an IllegalArgumentException that says what is wrong with a document
     * @throws IOException if it is missing or damaged; the message names the file and what is wrong
     */
    public static <T> T read(Path directory, JsonElement document, Function<JsonElement, T> reading)
            throws IOException {
        try {
            return reading.apply(document);
        } catch (IllegalArgumentException e) {
            throw new IOException(
                    directory.resolve(CONFIGURATION_FILE)
                            + ": not a model configuration: "
                            + e.getMessage(),
                    e);
        }
    }

    public static JsonElement readDocument(Path directory) throws IOException {
        Path file = directory.resolve(CONFIGURATION_FILE);
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(
                    file.toString(), null, "not a model directory: it lacks this file");
        }
        if (Files.size(file) > MAX_CONFIGURATION_BYTES) {
            throw new IOException(
                    file + ": not a model configuration: " + Files.size(file) + " bytes");
        }
        try {
            return JsonParser.parseString(TextFile.read(file));
        } catch (JsonParseException e) {
            throw new IOException(file + ": cut short or not JSON; copy the model again", e);
        }
    }

    /**
     * Reads a model's network.
     *
     * @param configuration the model's own, perhaps changed in what is not the network
     * @param manager owner of the network's parameters
     * @throws IOException if the parameters are missing, damaged, or not those of the
     *     configuration's network; the message names the file
     */
    public static RetinaNet readNetwork(
            Path directory, DetectorConfiguration configuration, NDManager manager)
            throws IOException {
        Map<String, Tensor> values = readParameters(directory);
        try {
            RetinaNet network =
                    new RetinaNet(configuration.architecture(), configuration.categories().size());
            network.initialize(manager, values);
            return network;
        } catch (IllegalArgumentException e) {
            throw notFitting(directory, e);
        }
    }

    /** Returns what to throw where the parameters of a model are not those that it should have. */
    public static IOException notFitting(Path directory, IllegalArgumentException cause) {
        return new IOException(
                directory.resolve(PARAMETER_FILE)
                        + ": does not fit "
                        + CONFIGURATION_FILE
                        + ": "
                        + cause.getMessage(),
                cause);
    }

    /**
     * Reads a model's parameters.
     *
     * @throws IOException if they are missing, damaged or not finite; the message names the file
     */
    public static Map<String, Tensor> readParameters(Path directory) throws IOException {
        Path file = directory.resolve(PARAMETER_FILE);
        Map<String, Tensor> parameters = SafeTensors.read(file);
        for (Map.Entry<String, Tensor> parameter : parameters.entrySet()) {
            for (float value : parameter.getValue().data()) {
                if (!Float.isFinite(value)) {
                    throw new IOException(
                            file + ": parameter " + parameter.getKey() + " holds " + value);
                }
            }
        }
        return parameters;
    }
}
