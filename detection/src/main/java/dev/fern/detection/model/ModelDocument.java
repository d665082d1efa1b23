package dev.fern.detection.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.backbone.resnet.Stem;
import dev.fern.detection.settings.RecordJson;

/**
 * Reads a detector's {@code model.json} of formats 1 and 2, and writes format 2. Format 1 knew
 * neither version 2 of the backbone nor norms in the pyramid. In both formats the backbone's {@code
 * version} is called {@code resnetVersion}, and its stem, which is always that for photographs, is
 * not named.
 */
final class ModelDocument {

    private static final String ARCHITECTURE = "architecture";
    private static final String RESNET_VERSION = "resnetVersion";
    private static final String VERSION = "version";
    private static final String STEM = "stem";

    private ModelDocument() {}

    /**
     * Makes a configuration of a document.
     *
     * @param document of either format, or any other JSON; it may be changed
     * @throws IllegalArgumentException if something is missing, of another kind or out of range;
     *     the message is one line that says where
     */
    static DetectorConfiguration read(JsonElement document) {
        if (document instanceof JsonObject root
                && root.get(ARCHITECTURE) instanceof JsonObject architecture) {
            if (new JsonPrimitive(1).equals(root.get(VERSION))) {
                architecture.addProperty(RESNET_VERSION, ResNetVersion.V1.name());
                architecture.addProperty("pyramidNorm", RecordJson.NONE);
                root.addProperty(VERSION, 2);
            }
            if (!architecture.has(RecordJson.KIND)) {
                completeResNet(architecture);
            }
        }
        return RecordJson.read(document, DetectorConfiguration.class);
    }

    private static void completeResNet(JsonObject architecture) {
        JsonElement version = architecture.get(RESNET_VERSION);
        // It is checked here so that a message calls it by its name in the file.
        RecordJson.value(version, ResNetVersion.class, ARCHITECTURE + "." + RESNET_VERSION);
        architecture.add(VERSION, version);
        architecture.addProperty(STEM, Stem.IMAGENET.id());
    }

    /** {@return the document of a configuration, of format 2} */
    static JsonObject write(DetectorConfiguration configuration) {
        JsonObject root = RecordJson.write(configuration);
        if (!(configuration.architecture().backbone() instanceof ResNetConfiguration)) {
            return root;
        }
        JsonObject architecture = new JsonObject();
        root.getAsJsonObject(ARCHITECTURE)
                .asMap()
                .forEach(
                        (name, value) ->
                                architecture.add(
                                        name.equals(VERSION) ? RESNET_VERSION : name, value));
        architecture.remove(STEM);
        root.add(ARCHITECTURE, architecture);
        return root;
    }
}
