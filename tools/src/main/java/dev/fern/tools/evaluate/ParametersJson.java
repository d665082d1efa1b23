package dev.fern.tools.evaluate;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.EvaluationParameters.AreaRange;
import dev.fern.cocoeval.IouType;
import java.util.List;

/**
 * Writes the parameters of an evaluation under pycocotools' names, as {@code --parameters} reads
 * them.
 */
final class ParametersJson {

    private ParametersJson() {}

    /**
     * Returns the parameters as JSON.
     *
     * @param dataset gives ids the form that they have in its file
     */
    static JsonObject of(EvaluationParameters used, CocoDataset dataset) {
        // Thresholds may be NaN or infinite, which Python writes and reads in the same way.
        Gson gson = new GsonBuilder().serializeSpecialFloatingPointValues().create();
        JsonObject parameters = new JsonObject();
        used.imgIds().ifPresent(ids -> parameters.add("imgIds", ids(ids, dataset)));
        used.catIds().ifPresent(ids -> parameters.add("catIds", ids(ids, dataset)));
        parameters.add("iouThrs", gson.toJsonTree(used.iouThrs()));
        parameters.add("recThrs", gson.toJsonTree(used.recThrs()));
        parameters.add("maxDets", gson.toJsonTree(used.maxDets()));
        JsonArray ranges = new JsonArray();
        for (AreaRange range : used.areaRng()) {
            ranges.add(gson.toJsonTree(List.of(range.least(), range.most())));
        }
        parameters.add("areaRng", ranges);
        parameters.add("areaRngLbl", gson.toJsonTree(used.areaRngLbl()));
        parameters.addProperty("useCats", used.useCats() ? 1 : 0);
        if (used.iouType() == IouType.KEYPOINTS) {
            parameters.add("kpt_oks_sigmas", gson.toJsonTree(used.sigmas()));
        }
        parameters.addProperty("corrected", used.corrected());
        return parameters;
    }

    private static JsonArray ids(List<Long> ids, CocoDataset dataset) {
        JsonArray array = new JsonArray();
        ids.forEach(id -> array.add(dataset.idJson(id)));
        return array;
    }
}
