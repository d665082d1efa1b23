package dev.fern.tools.sweep;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How learning rates are chosen.
 *
 * @param fraction part of the validation images on which they are chosen; not used where there are
 *     {@code annotations}
 * @param annotations COCO file of these images; empty if they are drawn
 * @param splitSeed which images are drawn
 * @param seeds of the trainings by which they are chosen
 * @param halving whether rates are left out after parts of the training
 * @param widen how many rates may be added beyond the ends, for each norm at each batch size
 * @param allRates whether every rate is trained with all seeds
 */
record Tuning(
        double fraction,
        Optional<Path> annotations,
        long splitSeed,
        List<Long> seeds,
        boolean halving,
        int widen,
        boolean allRates) {

    Tuning {
        seeds = List.copyOf(seeds);
    }

    /**
     * Returns what decides about choices, as JSON.
     *
     * @param rates of the grid; with halving they decide after which parts rates are left out
     */
    JsonObject toJson(List<Double> rates) {
        JsonObject json = new JsonObject();
        annotations.ifPresentOrElse(
                file -> json.addProperty("annotations", file.toString()),
                () -> {
                    json.addProperty("fraction", fraction);
                    json.addProperty("splitSeed", splitSeed);
                });
        json.add("seeds", new Gson().toJsonTree(seeds));
        json.addProperty("halving", halving);
        if (halving) {
            json.add("rates", new Gson().toJsonTree(rates));
        }
        return json;
    }
}
