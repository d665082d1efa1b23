package dev.fern.tools.verify;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.fern.backbone.norm.Normalization;
import dev.fern.detection.data.BatchPlan;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.settings.RecordJson;
import dev.fern.detection.verify.BatchLeak;
import dev.fern.tools.console.VisibleText;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The measured batch independence of a model.
 *
 * @param model the model directory; null for a fresh network
 * @param architecture the network
 * @param engine DJL's name of the engine that computed it
 * @param plan the images, in the batches that were measured
 * @param batchSize largest number of images of a batch
 * @param targetOrigin where the targets of loss and gradients come from, in words
 * @param targets number of targets
 * @param detections number of detections of all images alone; 0 leaves nothing to compare
 * @param deviations the largest deviation of each kind
 * @param padding what padding would have changed, for contrast
 */
record VerificationReport(
        Path model,
        Architecture architecture,
        String engine,
        BatchPlan plan,
        int batchSize,
        String targetOrigin,
        int targets,
        int detections,
        Map<BatchLeak, Double> deviations,
        Padding padding) {

    /**
     * What a batch with larger images would have changed in one image's outputs, had images been
     * padded to the largest of their batch.
     *
     * @param image the image's file
     * @param canvas the size that the image was padded to
     * @param deviation the largest difference of an output
     */
    record Padding(Path image, ImageSize canvas, double deviation) {}

    /** The result of a row. */
    private enum Verdict {
        PASS,
        FAIL,
        NOTHING_FOUND
    }

    /** Returns whether no row fails. */
    boolean passes() {
        return deviations.keySet().stream().noneMatch(leak -> verdict(leak) == Verdict.FAIL);
    }

    private Verdict verdict(BatchLeak leak) {
        double deviation = deviations.get(leak);
        if (leak == BatchLeak.POST_PROCESSING && detections == 0 && deviation == 0) {
            return Verdict.NOTHING_FOUND;
        }
        return leak.isClosed(deviation) ? Verdict.PASS : Verdict.FAIL;
    }

    private static String name(BatchLeak leak) {
        return leak.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private String norms() {
        String backbone = architecture.backbone().norm().id();
        return architecture
                .head()
                .headNorm()
                .map(norm -> backbone + ", heads " + norm.id())
                .orElse(backbone);
    }

    private long alone() {
        return plan.batches().stream().filter(batch -> batch.images().size() < 2).count();
    }

    /** Prints the table. */
    void print(PrintWriter out) {
        out.printf(
                "model: %s (%s), on %s%n",
                model == null ? "a fresh network" : VisibleText.of(model), norms(), engine);
        out.printf(
                "images: %d, up to %d in a batch, %d detections%n",
                plan.imageCount(), batchSize, detections);
        if (alone() > 0) {
            out.printf("not measured: %d images, which share no canvas size%n", alone());
        }
        out.printf("targets: %d boxes: %s%n%n", targets, VisibleText.of(targetOrigin));
        out.printf("%-17s%10s  %9s  %s%n", "where", "deviation", "threshold", "");
        deviations.forEach(
                (leak, deviation) ->
                        out.printf(
                                "%-17s%10s  %9s  %-5s %s%n",
                                name(leak),
                                number(deviation),
                                number(leak.threshold()),
                                switch (verdict(leak)) {
                                    case PASS -> "pass";
                                    case FAIL -> "FAIL";
                                    case NOTHING_FOUND -> "-";
                                },
                                verdict(leak) == Verdict.NOTHING_FOUND
                                        ? "the model finds nothing to compare"
                                        : leak.comparison()));
        out.printf(
                "%nFor contrast: padded to %s, as beside a larger image in other detectors, the"
                        + " outputs of %s would change by %s.%n",
                padding.canvas,
                VisibleText.of(padding.image.getFileName()),
                number(padding.deviation));
        out.println(conclusion());
        out.flush();
    }

    private static String number(double value) {
        return value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
    }

    private String conclusion() {
        if (passes()) {
            return "Batch-independent: the batch changes nothing beyond rounding.";
        }
        if (deviations.values().stream().anyMatch(deviation -> !Double.isFinite(deviation))) {
            return "Not measurable: outputs or losses of this network are not finite.";
        }
        return architecture.isBatchIndependent()
                ? "Batch-dependent, although none of its norms mixes images: a fault of Fern or"
                        + " of the engine."
                : "Batch-dependent: in training "
                        + norms()
                        + " takes mean and variance over all images of the batch; frn, gn and"
                        + " frozen-bn don't.";
    }

    /** Returns the table as JSON; deviations that are not finite are null. */
    JsonObject toJson() {
        JsonObject root = new JsonObject();
        root.addProperty("model", model == null ? null : model.toString());
        root.addProperty("norm", architecture.backbone().norm().id());
        root.addProperty(
                "head_norm",
                architecture.head().headNorm().map(Normalization::id).orElse(RecordJson.NONE));
        root.addProperty("engine", engine);
        root.addProperty("images", plan.imageCount());
        root.addProperty("images_alone", alone());
        root.addProperty("batch_size", batchSize);
        root.addProperty("targets", targets);
        root.addProperty("target_origin", targetOrigin);
        root.addProperty("detections", detections);
        JsonArray rows = new JsonArray();
        deviations.forEach(
                (leak, deviation) -> {
                    JsonObject row = new JsonObject();
                    row.addProperty("where", name(leak));
                    row.addProperty("comparison", leak.comparison());
                    add(row, "deviation", deviation);
                    row.addProperty("threshold", leak.threshold());
                    row.addProperty("verdict", verdict(leak).name().toLowerCase(Locale.ROOT));
                    rows.add(row);
                });
        root.add("rows", rows);
        JsonObject contrast = new JsonObject();
        contrast.addProperty("image", padding.image.toString());
        contrast.add("canvas", canvas(padding.canvas));
        add(contrast, "deviation", padding.deviation);
        root.add("padding", contrast);
        root.addProperty("passed", passes());
        return root;
    }

    private static void add(JsonObject object, String name, double value) {
        object.add(name, Double.isFinite(value) ? new JsonPrimitive(value) : JsonNull.INSTANCE);
    }

    private static JsonArray canvas(ImageSize size) {
        JsonArray array = new JsonArray();
        List.of(size.width(), size.height()).forEach(array::add);
        return array;
    }
}
