package dev.fern.tools.sweep.result;

import static java.util.stream.Collectors.toMap;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.Comparison.Difference;
import dev.fern.cocoeval.IouType;
import dev.fern.cocoeval.PairedBootstrap;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.settings.RecordJson;
import dev.fern.detection.settings.StrictJson;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.evaluate.DifferenceJson;
import dev.fern.tools.sweep.result.CellHistory.EpochEvaluation;
import dev.fern.tools.sweep.result.CellOutcome.Environment;
import dev.fern.tools.sweep.result.CellOutcome.Status;
import dev.fern.tools.sweep.result.Grid.Cell;
import dev.fern.tools.sweep.result.RateChoice.State;
import dev.fern.tools.sweep.result.SweepResults.ApInterval;
import dev.fern.tools.sweep.result.SweepResults.Comparisons;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Reads what {@link ResultsJson} writes. */
public final class ResultsReader {

    private static final List<String> SHARED =
            List.of("data", "rateRule", "equal", "tuning", "settings");

    private ResultsReader() {}

    /**
     * Reads a results file.
     *
     * @param file {@code results.json} of a sweep
     * @return the results
     * @throws IOException if the file can't be read
     * @throws BadInputException naming the file if it is not the results of a sweep, or those of an
     *     older Fern
     */
    public static SweepResults read(Path file) throws IOException, BadInputException {
        try {
            JsonObject root = StrictJson.parse(TextFile.read(file)).getAsJsonObject();
            if (!root.has("version")) {
                throw new BadInputException(
                        file
                                + ": is not the results of a sweep, or an older Fern wrote it; write it"
                                + " anew with --report-only from the sweep's folder");
            }
            int version = number(root, "version", int.class);
            if (version != ResultsJson.VERSION) {
                throw new BadInputException(
                        file + ": has version " + version + ", not " + ResultsJson.VERSION);
            }
            return results(root);
        } catch (JsonParseException
                | IllegalArgumentException
                | IllegalStateException
                | ClassCastException
                | NullPointerException e) {
            throw new BadInputException(
                    file + ": is not the results of a sweep: " + e.getMessage(), e);
        }
    }

    private static SweepResults results(JsonObject root) {
        JsonObject settings = new JsonObject();
        SHARED.stream().filter(root::has).forEach(name -> settings.add(name, root.get(name)));
        JsonObject grid = root.getAsJsonObject("grid");
        return new SweepResults(
                text(root, "command"),
                settings,
                new Grid(
                        list(grid, "norms", JsonElement::getAsString),
                        list(grid, "batchSizes", JsonElement::getAsInt),
                        list(grid, "seeds", JsonElement::getAsLong),
                        list(grid, "rates", JsonElement::getAsDouble)),
                list(root, "tuning_images", JsonElement::getAsLong),
                objects(root, "cells", ResultsReader::cell),
                objects(root, "choices", ResultsReader::choice),
                new Comparisons(
                        objects(root, "comparisons", ResultsReader::comparison),
                        objects(root, "intervals", ResultsReader::interval),
                        objects(root, "batch_size_differences", ResultsReader::interval)));
    }

    private static CellResult cell(JsonObject entry) {
        Status status =
                text(entry, "status").equals("unfinished")
                        ? null
                        : Status.valueOf(text(entry, "status").toUpperCase(Locale.ROOT));
        Optional<CellOutcome> outcome =
                Optional.ofNullable(status)
                        .map(
                                how ->
                                        new CellOutcome(
                                                how,
                                                how == Status.DONE ? "" : text(entry, "reason"),
                                                RecordJson.read(
                                                        entry.get("environment"),
                                                        Environment.class)));
        return new CellResult(
                new Cell(
                        text(entry, "norm"),
                        number(entry, "batch_size", int.class),
                        number(entry, "seed", long.class),
                        number(entry, "rate", double.class)),
                TrainingConfiguration.of(List.of(entry.getAsJsonObject("settings"))),
                text(entry, "command"),
                outcome,
                new CellHistory(
                        number(entry, "steps_taken", long.class),
                        number(entry, "images_seen", long.class),
                        number(entry, "training_seconds", double.class),
                        number(entry, "clipped_steps", long.class),
                        objects(
                                entry,
                                "losses",
                                line -> RecordJson.read(line, CellHistory.EpochLoss.class)),
                        objects(entry, "evaluations", ResultsReader::evaluation)),
                entry.has("stats") ? numbers(entry) : Map.of(),
                RecordJson.read(entry.get("cost"), CellCost.class));
    }

    private static EpochEvaluation evaluation(JsonObject line) {
        return new EpochEvaluation(
                number(line, "epoch", int.class),
                number(line, "images_seen", long.class),
                numbers(line));
    }

    private static Map<String, Double> numbers(JsonObject from) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        JsonObject stats = from.getAsJsonObject("stats");
        for (String name : stats.keySet()) {
            numbers.put(name, number(stats, name, double.class));
        }
        return numbers;
    }

    private static RateChoice choice(JsonObject entry) {
        return new RateChoice(
                text(entry, "norm"),
                number(entry, "batch_size", int.class),
                State.valueOf(text(entry, "state")),
                entry.get("rate").isJsonNull()
                        ? Optional.empty()
                        : Optional.of(number(entry, "rate", double.class)),
                number(entry, "added", int.class),
                entry.get("at_end").getAsBoolean(),
                objects(
                        entry,
                        "trials",
                        line ->
                                new RateChoice.Trial(
                                        number(line, "rate", double.class),
                                        number(line, "part", double.class),
                                        line.get("diverged").getAsBoolean()
                                                ? Double.NEGATIVE_INFINITY
                                                : number(line, "tuning_AP", double.class))));
    }

    private static NormComparison comparison(JsonObject entry) {
        return new NormComparison(
                text(entry, "b"),
                number(entry, "batch_size", int.class),
                list(entry, "seeds", JsonElement::getAsLong),
                number(entry, "images", int.class),
                new PairedBootstrap(
                        number(entry, "resamples", int.class),
                        number(entry, "bootstrap_seed", long.class),
                        number(entry, "confidence", double.class)),
                differences(entry),
                objects(
                        entry,
                        "per_category",
                        line ->
                                new NormComparison.Category(
                                        text(line, "name"), differences(line))));
    }

    private static Map<CocoMetric, Difference> differences(JsonObject from) {
        JsonObject stats = from.getAsJsonObject("stats");
        return CocoMetric.of(IouType.BOX).stream()
                .filter(metric -> stats.has(metric.label()))
                .collect(
                        toMap(
                                metric -> metric,
                                metric ->
                                        DifferenceJson.read(
                                                stats.getAsJsonObject(metric.label()))));
    }

    private static ApInterval interval(JsonObject entry) {
        return new ApInterval(
                text(entry, "norm"),
                number(entry, "batch_size", int.class),
                DifferenceJson.read(entry.getAsJsonObject("AP")));
    }

    private static String text(JsonObject from, String name) {
        return (String) RecordJson.value(from.get(name), String.class, name);
    }

    @SuppressWarnings("unchecked") // RecordJson returns the type's box
    private static <T extends Number> T number(JsonObject from, String name, Class<T> type) {
        return (T) RecordJson.value(from.get(name), type, name);
    }

    private static <T> List<T> list(
            JsonObject from, String name, Function<JsonElement, T> element) {
        List<T> values = new ArrayList<>();
        from.getAsJsonArray(name).forEach(value -> values.add(element.apply(value)));
        return values;
    }

    private static <T> List<T> objects(
            JsonObject from, String name, Function<JsonObject, T> element) {
        return list(from, name, value -> element.apply(value.getAsJsonObject()));
    }
}
