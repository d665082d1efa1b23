package dev.fern.detection.model;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.fern.backbone.resnet.ResNetVersion;

/**
 * Brings the {@code model.json} of an older Fern to the present format. Format 1 knew neither
 * version 2 of the backbone nor norms in the pyramid.
 */
final class FormatUpgrade {

    private FormatUpgrade() {}

    /**
     * Fills in what a format did not have.
     *
     * @param document of any format, or no such document at all; changed in place
     * @return the document
     */
    static JsonElement apply(JsonElement document) {
        if (document instanceof JsonObject root
                && new JsonPrimitive(1).equals(root.get("version"))
                && root.get("architecture") instanceof JsonObject architecture) {
            architecture.addProperty("resnetVersion", ResNetVersion.V1.name());
            architecture.addProperty("pyramidNorm", Architecture.NO_NORM);
            root.addProperty("version", 2);
        }
        return document;
    }
}
