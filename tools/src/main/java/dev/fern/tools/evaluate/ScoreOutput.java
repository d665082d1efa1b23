package dev.fern.tools.evaluate;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoMetric;
import dev.fern.cocoeval.Evaluation;
import dev.fern.cocoeval.Evaluation.CategoryStats;
import dev.fern.cocoeval.IouType;
import dev.fern.detection.evaluate.DetectorEvaluation;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.input.DataWarnings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Option;

/** The options that say where the numbers of an evaluation go beside standard output. */
@OptionSection(Section.OUTPUT)
public final class ScoreOutput {

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Write the numbers as JSON at full precision; undefined numbers are -1.")
    private Path json;

    @Option(
            names = "--per-category",
            description =
                    "Also print one line per category with its AP, AP50, AP75 and AR100 (AR of keypoints).")
    private boolean perCategory;

    @Option(
            names = "--arrays",
            paramLabel = "FILE",
            description =
                    "Write pycocotools' arrays of precision, recall and scores as a numpy file"
                            + " (npz).")
    private Path arrays;

    /** {@return the files that are to be written; null for those that are not wanted} */
    public List<Path> targets() {
        return Arrays.asList(json, arrays);
    }

    /**
     * Writes the arrays behind the numbers, if they are wanted. Parameters that leave the numbers
     * undefined still give arrays.
     *
     * @param evaluation what they are taken from
     * @throws IOException if they can't be written
     */
    public void writeArrays(Evaluation evaluation) throws IOException {
        if (arrays != null) {
            evaluation.writeArrays(arrays);
        }
    }

    /**
     * Prints the numbers, and writes them as JSON if that is wanted.
     *
     * @param out standard output
     * @param annotations the file, for messages
     * @param evaluated what they are taken from
     * @throws IOException if the file can't be written
     */
    public void write(PrintWriter out, Path annotations, DetectorEvaluation evaluated)
            throws IOException {
        Evaluation scores = evaluated.evaluation();
        if (Arrays.stream(scores.recall()).allMatch(recall -> recall < 0)) {
            DataWarnings.print(
                    annotations,
                    List.of("has no object to find, of those evaluated, so every number is -1"));
        }
        out.print(scores.table());
        if (perCategory) {
            print(out, evaluated);
        }
        out.flush();
        if (json != null) {
            JsonFile.write(json, json(scores, evaluated.dataset()));
        }
    }

    private static void print(PrintWriter out, DetectorEvaluation evaluated) {
        CocoMetric recall =
                evaluated.dataset().iouType() == IouType.KEYPOINTS
                        ? CocoMetric.AR
                        : CocoMetric.AR100;
        out.printf(
                "%n%-24s%12s%8s%8s%8s%8s%n",
                "category", "id", "AP", "AP50", "AP75", recall.label());
        for (CategoryStats category : evaluated.evaluation().perCategory()) {
            Map<CocoMetric, Double> stats = category.stats();
            out.printf(
                    Locale.ROOT,
                    "%-24s%12s%8.3f%8.3f%8.3f%8.3f%n",
                    VisibleText.of(category.category().name()),
                    VisibleText.of(evaluated.dataset().idText(category.category().id())),
                    stats.get(CocoMetric.AP),
                    stats.get(CocoMetric.AP50),
                    stats.get(CocoMetric.AP75),
                    stats.get(recall));
        }
    }

    private static JsonObject json(Evaluation evaluation, CocoDataset dataset) {
        Gson gson = new Gson();
        JsonObject root = new JsonObject();
        root.add("stats", gson.toJsonTree(DetectorEvaluation.numbers(evaluation)));
        root.add("parameters", ParametersJson.of(evaluation.parameters(), dataset));
        JsonArray categories = new JsonArray();
        for (CategoryStats category : evaluation.perCategory()) {
            JsonObject entry = new JsonObject();
            entry.add("id", dataset.idJson(category.category().id()));
            entry.addProperty("name", category.category().name());
            category.stats().forEach((metric, value) -> entry.addProperty(metric.label(), value));
            categories.add(entry);
        }
        root.add("per_category", categories);
        return root;
    }
}
