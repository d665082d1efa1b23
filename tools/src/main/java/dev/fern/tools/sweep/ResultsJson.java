package dev.fern.tools.sweep;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.IouType;
import dev.fern.cocoeval.PairedBootstrap;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.evaluate.DifferenceJson;
import dev.fern.tools.sweep.SweepResults.NormComparison;
import dev.fern.tools.sweep.SweepResults.Spread;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A sweep as JSON: what was asked for, every cell, the means, and how sure differences are. */
final class ResultsJson {

    private final Gson gson = new Gson();
    private final SweepResults results;
    private final JsonObject root = new JsonObject();

    /**
     * Takes the results, without comparisons.
     *
     * @param command the command line, for the record
     */
    ResultsJson(String command, SweepSettings settings, SweepResults results) {
        this.results = results;
        root.addProperty("command", command);
        root.add("environments", gson.toJsonTree(results.environments()));
        settings.toJson().asMap().forEach(root::add);
        JsonArray cells = new JsonArray();
        results.cells().forEach(cell -> cells.add(cell(cell)));
        root.add("cells", cells);
        root.add("means", means());
    }

    private JsonObject cell(CellResult cell) {
        JsonObject entry = new JsonObject();
        entry.addProperty("norm", cell.cell().norm());
        entry.addProperty("batch_size", cell.cell().batchSize());
        entry.addProperty("seed", cell.cell().seed());
        entry.addProperty("status", cell.status());
        cell.outcome()
                .filter(outcome -> !outcome.isDone())
                .ifPresent(outcome -> entry.addProperty("reason", outcome.reason()));
        if (cell.isDone()) {
            cell.history().last().ifPresent(e -> entry.add("stats", gson.toJsonTree(e.numbers())));
        }
        entry.addProperty("steps_taken", cell.history().steps().size());
        entry.addProperty("images_seen", cell.history().images());
        entry.addProperty("training_seconds", cell.history().seconds());
        JsonArray evaluations = new JsonArray();
        for (CellHistory.EpochEvaluation evaluation : cell.history().evaluations()) {
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
                JsonObject entry = new JsonObject();
                entry.addProperty("norm", norm);
                entry.addProperty("batch_size", batchSize);
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

    /** Adds the comparisons with the first norm. */
    ResultsJson with(List<NormComparison> comparisons) {
        JsonArray array = new JsonArray();
        for (NormComparison comparison : comparisons) {
            PairedBootstrap bootstrap = comparison.comparison().bootstrap();
            JsonObject entry = new JsonObject();
            entry.addProperty("a", results.grid().norms().get(0));
            entry.addProperty("b", comparison.norm());
            entry.addProperty("batch_size", comparison.batchSize());
            entry.add("seeds", gson.toJsonTree(comparison.seeds()));
            entry.addProperty("images", comparison.comparison().images());
            entry.addProperty("resamples", bootstrap.resamples());
            entry.addProperty("bootstrap_seed", bootstrap.seed());
            entry.addProperty("confidence", bootstrap.confidence());
            entry.add("stats", DifferenceJson.of(comparison.comparison().metrics()));
            JsonArray categories = new JsonArray();
            comparison
                    .comparison()
                    .categories()
                    .forEach(
                            category -> {
                                JsonObject of = new JsonObject();
                                of.addProperty("name", category.category().name());
                                of.add("stats", DifferenceJson.of(category.metrics()));
                                categories.add(of);
                            });
            entry.add("per_category", categories);
            array.add(entry);
        }
        root.add("comparisons", array);
        return this;
    }

    /** Writes the JSON, whole or not at all. */
    void write(Path file) throws IOException {
        JsonFile.write(file, root);
    }
}
