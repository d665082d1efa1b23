package dev.fern.detection.model;

import ai.djl.ndarray.NDManager;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import dev.fern.backbone.parameter.SafeTensors;
import dev.fern.backbone.parameter.SafeTensorsFile;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.parameter.TensorSource;
import dev.fern.detection.files.AtomicFolder;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.settings.StrictJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Reads and writes models on disk. The folder of a detector has {@code model.json} (a {@link
 * DetectorConfiguration}), {@code parameters.safetensors}, and {@code serving.properties}, by which
 * plain DJL loads it:
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

    /** Name of the file of the configuration. */
    public static final String CONFIGURATION_FILE = "model.json";

    /** Name of the file of the parameters. */
    public static final String PARAMETER_FILE = "parameters.safetensors";

    /** The {@code kind} that a classifier's configuration names; a detector's names none. */
    public static final String CLASSIFIER_KIND = "classifier";

    private static final String SERVING_FILE = "serving.properties";
    private static final long MAX_CONFIGURATION_BYTES = 1 << 24;
    private static final Gson GSON =
            new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    private ModelDirectory() {}

    /**
     * {@return the files that make a directory a model}
     *
     * @param directory need not exist
     */
    public static List<Path> files(Path directory) {
        return List.of(directory.resolve(CONFIGURATION_FILE), directory.resolve(PARAMETER_FILE));
    }

    /**
     * Writes a detector, or replaces a model with all that is in its folder.
     *
     * @param directory the model's folder; it need not be there
     * @param configuration what the detector is besides its parameters
     * @param parameters the network's parameters by their names
     * @throws IOException if the folder can't be written to, or if it holds files but no model; a
     *     model that was there before is then unchanged
     */
    public static void write(
            Path directory, DetectorConfiguration configuration, Map<String, Tensor> parameters)
            throws IOException {
        replace(directory, folder -> writeInto(folder, configuration, parameters));
    }

    /**
     * Writes a model of any kind, or replaces one with all that is in its folder.
     *
     * @param directory the model's folder; it need not be there
     * @param content writes the model into the folder that it is given
     * @throws IOException if the folder can't be written to, or if it holds files but no model; a
     *     model that was there before is then unchanged
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
     * Writes a detector into an empty folder.
     *
     * @param directory the folder
     * @param configuration what the detector is besides its parameters
     * @param parameters the network's parameters by their names
     * @throws IOException if the folder can't be written to
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

    /**
     * Writes the two files that models of every kind have.
     *
     * @param directory the folder
     * @param configuration the content of {@value #CONFIGURATION_FILE}
     * @param parameters the content of {@value #PARAMETER_FILE}
     * @param format stands in that file's metadata as {@code format}
     * @throws IOException if the folder can't be written to
     */
    public static void writeFiles(
            Path directory, JsonObject configuration, Map<String, Tensor> parameters, String format)
            throws IOException {
        Files.writeString(directory.resolve(CONFIGURATION_FILE), GSON.toJson(configuration) + "\n");
        SafeTensors.write(directory.resolve(PARAMETER_FILE), parameters, Map.of("format", format));
    }

    /**
     * Reads a detector's configuration.
     *
     * @param directory the model's folder
     * @return the configuration, of today's format whatever the file's is
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
     * {@return whether a model is a classifier, by the {@code kind} that its configuration names}
     *
     * @param directory the model's folder
     * @throws IOException if the configuration is missing or is not JSON that {@link StrictJson}
     *     takes
     */
    public static boolean holdsClassifier(Path directory) throws IOException {
        JsonElement root = readDocument(directory);
        return root.isJsonObject()
                && new JsonPrimitive(CLASSIFIER_KIND).equals(root.getAsJsonObject().get("kind"));
    }

    /**
     * Makes a configuration of a model's document.
     *
     * @param <T> the kind of configuration
     * @param directory the model's folder, which the message of an exception names
     * @param document content of the model's {@value #CONFIGURATION_FILE}
     * @param reading makes the configuration, or throws an IllegalArgumentException that says what
     *     is wrong with the document
     * @return the configuration
     * @throws IOException if the document is no configuration; the message names the file and what
     *     is wrong
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

    /**
     * Reads the document of a model's configuration, whatever it holds.
     *
     * @param directory the model's folder
     * @return the content of its {@value #CONFIGURATION_FILE}
     * @throws IOException if the file is missing, too large or not JSON, or if a name stands twice
     *     in an object; the message names it
     */
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
            return StrictJson.parse(TextFile.read(file));
        } catch (JsonParseException e) {
            throw new IOException(file + ": cut short or not JSON; copy the model again", e);
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage() + ", or copy the model again", e);
        }
    }

    /**
     * Reads a detector's network.
     *
     * @param directory the model's folder
     * @param configuration the model's own, except that canvas rule and post-processing may differ
     * @param manager owner of the network's parameters
     * @param trains whether the network is to be trained; its parameters have no memory for
     *     gradients otherwise
     * @return the network, initialised
     * @throws IOException if the parameters are missing, damaged or not those of the
     *     configuration's network; the message names the file
     */
    public static RetinaNet readNetwork(
            Path directory, DetectorConfiguration configuration, NDManager manager, boolean trains)
            throws IOException {
        RetinaNet network;
        try {
            network = RetinaNet.of(configuration, trains);
        } catch (IllegalArgumentException e) {
            throw notFitting(directory, e);
        }
        readInto(directory, values -> network.initialize(manager, values));
        return network;
    }

    /**
     * Gives a network a model's parameters.
     *
     * @param directory the model's folder
     * @param initialization makes the network's parameters of the stored ones
     * @throws IOException if the parameters are missing, damaged, not finite or not those of the
     *     network; the message names the file
     */
    public static void readInto(Path directory, Consumer<TensorSource> initialization)
            throws IOException {
        Path file = directory.resolve(PARAMETER_FILE);
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            initialization.accept(new FiniteTensors(file, tensors));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (IllegalArgumentException e) {
            throw notFitting(directory, e);
        }
    }

    /** A file's tensors, refused where they hold something else than finite numbers. */
    private record FiniteTensors(Path file, TensorSource tensors) implements TensorSource {

        @Override
        public Map<String, long[]> shapes() {
            return tensors.shapes();
        }

        @Override
        public void read(String name, FloatBuffer target) {
            tensors.read(name, target);
            try {
                requireFinite(name, target);
            } catch (IllegalArgumentException e) {
                throw new UncheckedIOException(new IOException(file + ": " + e.getMessage(), e));
            }
        }
    }

    private static void requireFinite(String name, FloatBuffer values) {
        for (int i = values.position(); i < values.limit(); i++) {
            if (!Float.isFinite(values.get(i))) {
                throw new IllegalArgumentException("parameter " + name + " holds " + values.get(i));
            }
        }
    }

    /**
     * {@return the exception for a model whose parameters are not those of its configuration}
     *
     * @param directory the model's folder
     * @param cause says which parameter does not fit
     */
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
     * @param directory the model's folder
     * @return the parameters by their names in the network
     * @throws IOException if they are missing, damaged or not finite; the message names the file
     */
    public static Map<String, Tensor> readParameters(Path directory) throws IOException {
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        readInto(directory, values -> parameters.putAll(values.readAll()));
        return parameters;
    }

    /**
     * Checks that parameters are finite numbers.
     *
     * @param parameters by name
     * @throws IllegalArgumentException naming the first one that is not
     */
    public static void requireFinite(Map<String, Tensor> parameters) {
        parameters.forEach(
                (name, parameter) -> requireFinite(name, FloatBuffer.wrap(parameter.data())));
    }
}
