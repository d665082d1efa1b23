package dev.fern.tools.sweep.result;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.IouType;
import dev.fern.cocoeval.PairedBootstrap;
import dev.fern.detection.settings.RecordJson;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.evaluate.DifferenceJson;
import dev.fern.tools.sweep.result.SweepResults.ApInterval;
import dev.fern.tools.sweep.result.SweepResults.Spread;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a sweep as JSON: what was asked for, every cell, how learning rates were chosen, the
 * means, and how sure differences are. {@link ResultsReader} reads it.
 */
public final class ResultsJson {

    /** The number that says how the file is laid out. */
    static final int VERSION = 2;

    private final Gson gson = new Gson();
    private final SweepResults results;
    private final JsonObject root = new JsonObject();

    /**
     * Takes the results.
     *
     * @param results as far as they have come
     */
    public ResultsJson(SweepResults results) {
        this.results = results;
        root.addProperty("version", VERSION);
        root.addProperty("command", results.command());
        root.add("environments", gson.toJsonTree(results.environments()));
        results.settings().asMap().forEach(root::add);
        root.add("grid", gson.toJsonTree(results.grid()));
        root.add("tuning_images", gson.toJsonTree(results.tuningImages()));
        JsonArray choices = new JsonArray();
        results.choices().forEach(choice -> choices.add(choice(choice)));
        root.add("choices", choices);
        JsonArray cells = new JsonArray();
        results.cells().forEach(cell -> cells.add(cell(cell)));
        root.add("cells", cells);
        root.add("means", means());
        root.add("comparisons", comparisons());
        root.add("intervals", intervals(results.comparisons().own()));
        root.add("batch_size_differences", intervals(results.comparisons().sizes()));
    }

    private static JsonObject of(String norm, int batchSize) {
        JsonObject entry = new JsonObject();
        entry.addProperty("norm", norm);
        entry.addProperty("batch_size", batchSize);
        return entry;
    }

    private static JsonObject choice(RateChoice choice) {
        JsonObject entry = of(choice.norm(), choice.batchSize());
        entry.addProperty("state", choice.state().name());
        DifferenceJson.add(entry, "rate", choice.rate().orElse(Double.NaN));
        entry.addProperty("added", choice.added());
        entry.addProperty("at_end", choice.atEnd());
        JsonArray trials = new JsonArray();
        for (RateChoice.Trial trial : choice.trials()) {
            JsonObject line = new JsonObject();
            line.addProperty("rate", trial.rate());
            line.addProperty("part", trial.part());
            line.addProperty("diverged", trial.isDiverged());
            DifferenceJson.add(line, "tuning_AP", trial.isDiverged() ? Double.NaN : trial.score());
            trials.add(line);
        }
        entry.add("trials", trials);
        return entry;
    }

    private JsonObject cell(CellResult cell) {
        JsonObject entry = of(cell.cell().norm(), cell.cell().batchSize());
        entry.addProperty("seed", cell.cell().seed());
        entry.addProperty("rate", cell.cell().rate());
        entry.addProperty("status", cell.status());
        cell.outcome()
                .ifPresent(
                        outcome -> {
                            if (!outcome.isDone()) {
                                entry.addProperty("reason", outcome.reason());
                            }
                            entry.add("environment", RecordJson.write(outcome.environment()));
                        });
        if (!cell.numbers().isEmpty()) {
            entry.add("stats", gson.toJsonTree(cell.numbers()));
        }
        CellHistory history = cell.history();
        entry.addProperty("steps_taken", history.steps());
        entry.addProperty("clipped_steps", history.clipped());
        entry.addProperty("images_seen", history.images());
        entry.addProperty("training_seconds", history.seconds());
        DifferenceJson.add(entry, "last_gain", history.lastGain().orElse(Double.NaN));
        entry.add("cost", RecordJson.write(cell.cost()));
        entry.addProperty("command", cell.command());
        entry.add("losses", gson.toJsonTree(history.losses()));
        JsonArray evaluations = new JsonArray();
        for (CellHistory.EpochEvaluation evaluation : history.evaluations()) {
            JsonObject line = new JsonObject();
            line.addProperty("epoch", evaluation.epoch());
            line.addProperty("images_seen", evaluation.images());
            line.add("stats", gson.toJsonTree(evaluation.numbers()));
            evaluations.add(line);
        }
        entry.add("evaluations", evaluations);
        entry.add("settings", JsonParser.parseString(cell.configuration().toJson()));
        return entry;
    }

    private JsonArray means() {
        JsonArray means = new JsonArray();
        for (int batchSize : results.grid().batchSizes()) {
            for (String norm : results.grid().norms()) {
                JsonObject entry = of(norm, batchSize);
                for (CocoMetric metric : CocoMetric.of(IouType.BOX)) {
                    Spread spread = results.spread(norm, batchSize, metric);
                    JsonObject numbers = new JsonObject();
                    numbers.addProperty("seeds", spread.count());
                    DifferenceJson.add(numbers, "mean", spread.mean());
                    DifferenceJson.add(numbers, "standard_deviation", spread.deviation());
                    DifferenceJson.add(numbers, "least", spread.least());
                    DifferenceJson.add(numbers, "most", spread.most());
                    entry.add(metric.label(), numbers);
                }
                means.add(entry);
            }
        }
        return means;
    }

    private JsonArray comparisons() {
        JsonArray array = new JsonArray();
        for (NormComparison comparison : results.comparisons().norms()) {
            PairedBootstrap bootstrap = comparison.bootstrap();
            JsonObject entry = new JsonObject();
            entry.addProperty("a", results.grid().norms().get(0));
            entry.addProperty("b", comparison.norm());
            entry.addProperty("batch_size", comparison.batchSize());
            entry.add("seeds", gson.toJsonTree(comparison.seeds()));
            entry.addProperty("images", comparison.images());
            entry.addProperty("resamples", bootstrap.resamples());
            entry.addProperty("bootstrap_seed", bootstrap.seed());
            entry.addProperty("confidence", bootstrap.confidence());
            entry.add("stats", DifferenceJson.of(comparison.metrics()));
            JsonArray categories = new JsonArray();
            for (NormComparison.Category category : comparison.categories()) {
                JsonObject line = new JsonObject();
                line.addProperty("name", category.name());
                line.add("stats", DifferenceJson.of(category.metrics()));
                categories.add(line);
            }
            entry.add("per_category", categories);
            array.add(entry);
        }
        return array;
    }

    private static JsonArray intervals(List<ApInterval> intervals) {
        JsonArray array = new JsonArray();
        for (ApInterval interval : intervals) {
            JsonObject entry = of(interval.norm(), interval.batchSize());
            entry.add("AP", DifferenceJson.of(interval.ap()));
            array.add(entry);
        }
        return array;
    }

    /**
     * Writes the JSON, whole or not at all.
     *
     * @param file is replaced if it is there
     * @throws IOException if the file can't be written
     */
    public void write(Path file) throws IOException {
        JsonFile.write(file, root);
    }
}
