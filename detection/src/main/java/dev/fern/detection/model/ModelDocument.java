package dev.fern.detection.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.backbone.resnet.Stem;
import dev.fern.detection.settings.RecordJson;

/**
 * A detector's {@code model.json}, of today's format and of older ones. Format 1 knew neither
 * version 2 of the backbone nor norms in the pyramid. In both the backbone's {@code version} is
 * called {@code resnetVersion}, and its stem, which is that for photographs, is not named.
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
     * @param document of any format, or no such document at all; changed in place
     * @throws IllegalArgumentException as {@link RecordJson#read}
     */
    static DetectorConfiguration read(JsonElement document) {
        if (document instanceof JsonObject root
                && root.get(ARCHITECTURE) instanceof JsonObject architecture) {
            if (new JsonPrimitive(1).equals(root.get(VERSION))) {
                architecture.addProperty(RESNET_VERSION, ResNetVersion.V1.name());
                architecture.addProperty("pyramidNorm", RecordJson.NONE);
                root.addProperty(VERSION, 2);
            }
            JsonElement version = architecture.get(RESNET_VERSION);
            // here, so that a message has the file's name for it
            RecordJson.value(version, ResNetVersion.class, ARCHITECTURE + "." + RESNET_VERSION);
            architecture.add(VERSION, version);
            architecture.addProperty(STEM, Stem.IMAGENET.id());
        }
        return RecordJson.read(document, DetectorConfiguration.class);
    }

    /** Returns the document of a configuration, in today's format. */
    static JsonObject write(DetectorConfiguration configuration) {
        JsonObject root = RecordJson.write(configuration);
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
