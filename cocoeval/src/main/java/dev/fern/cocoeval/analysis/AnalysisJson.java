package dev.fern.cocoeval.analysis;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import dev.fern.cocoeval.analysis.ImageFindings.DetectionOnTruth;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Writes an analysis as the JSON that {@code docs/analysis.md} describes. */
final class AnalysisJson {
    private final Analysis analysis;
    private final CocoDataset dataset;

    AnalysisJson(Analysis analysis, CocoDataset dataset) {
        this.analysis = analysis;
        this.dataset = dataset;
    }

    JsonObject write() {
        JsonObject root = new JsonObject();
        root.addProperty("iou_threshold", analysis.parameters().iouThreshold());
        root.addProperty("background_iou", analysis.parameters().backgroundIou());
        root.addProperty("score_threshold", analysis.scoreThreshold());
        root.addProperty("beta", analysis.parameters().beta());
        root.add("tide", tide(analysis.tide()));
        root.add("calibration", calibration(analysis.calibration()));
        root.add("confusion_matrix", confusion(analysis.confusion()));
        root.add("recall_thresholds", numbers(PrecisionRecallCurve.recalls()));
        root.add("categories", array(analysis.categories(), this::category));
        root.add("images", array(analysis.worstImages(Integer.MAX_VALUE), this::image));
        return root;
    }

    private static JsonObject tide(TideErrors tide) {
        JsonObject json = new JsonObject();
        json.addProperty("AP", tide.averagePrecision());
        for (TideErrors.TideError error : tide.errors()) {
            JsonObject entry = new JsonObject();
            entry.addProperty("count", error.count());
            entry.addProperty("dAP", error.deltaAp());
            json.add(error.kind().name().toLowerCase(Locale.ROOT), entry);
        }
        json.addProperty("false_positive_dAP", tide.falsePositiveDeltaAp());
        json.addProperty("false_negative_dAP", tide.falseNegativeDeltaAp());
        return json;
    }

    private static JsonObject calibration(Calibration calibration) {
        JsonObject json = new JsonObject();
        json.addProperty("ece", calibration.expectedError());
        json.addProperty("largest_error", calibration.largestError());
        json.addProperty("outside", calibration.outside());
        json.add(
                "bins",
                array(
                        calibration.bins(),
                        bin -> {
                            JsonObject entry = new JsonObject();
                            entry.addProperty("least", bin.least());
                            entry.addProperty("most", bin.most());
                            entry.addProperty("count", bin.count());
                            entry.addProperty("mean_score", bin.meanScore());
                            entry.addProperty("precision", bin.precision());
                            return entry;
                        }));
        return json;
    }

    private JsonObject confusion(ConfusionMatrix confusion) {
        JsonObject json = new JsonObject();
        json.add(
                "category_ids",
                array(confusion.categories(), category -> dataset.idJson(category.id())));
        json.add(
                "cells",
                array(
                        confusion.cells(),
                        cell -> numbers(List.of(cell.row(), cell.column(), cell.count()))));
        return json;
    }

    private JsonObject category(CategoryAnalysis category) {
        JsonObject json = new JsonObject();
        json.add("id", dataset.idJson(category.category().id()));
        json.addProperty("name", category.category().name());
        json.addProperty("truths", category.truths());
        json.addProperty("true_positives", category.truePositives());
        json.addProperty("false_positives", category.falsePositives());
        json.addProperty("AP", category.averagePrecision());
        json.add(
                "curve",
                category.curve()
                        .<JsonElement>map(
                                curve -> {
                                    JsonObject entry = new JsonObject();
                                    entry.add("precision", numbers(curve.precision()));
                                    entry.add("scores", numbers(curve.scores()));
                                    return entry;
                                })
                        .orElse(JsonNull.INSTANCE));
        json.add(
                "best",
                category.best().<JsonElement>map(AnalysisJson::point).orElse(JsonNull.INSTANCE));
        return json;
    }

    private static JsonObject point(OperatingPoint point) {
        JsonObject json = new JsonObject();
        json.addProperty("score_threshold", point.scoreThreshold());
        json.addProperty("precision", point.precision());
        json.addProperty("recall", point.recall());
        json.addProperty("f_beta", point.fBeta());
        return json;
    }

    private JsonObject image(ImageFindings image) {
        JsonObject json = new JsonObject();
        json.add("id", dataset.idJson(image.image().id()));
        json.addProperty("file_name", image.image().fileName());
        json.add("wrong", detections(image.wrong()));
        json.add("missed", truths(image.missed()));
        json.add("duplicates", array(image.duplicates(), this::onTruth));
        json.add("likely_wrong_labels", array(image.likelyWrongLabels(), this::onTruth));
        json.add("likely_missing_labels", detections(image.likelyMissingLabels()));
        json.add("unsupported_labels", truths(image.unsupported()));
        return json;
    }

    private JsonObject onTruth(DetectionOnTruth pair) {
        JsonObject json = new JsonObject();
        json.addProperty("detection", pair.detection().index());
        json.add("annotation_id", id(pair.truth()));
        json.addProperty("iou", pair.iou());
        return json;
    }

    private static JsonArray detections(List<MatchedDetection> detections) {
        return numbers(detections.stream().map(MatchedDetection::index).toList());
    }

    private JsonArray truths(List<MatchedTruth> truths) {
        return array(truths, this::id);
    }

    private JsonElement id(MatchedTruth truth) {
        return dataset.idJson(truth.annotation().id());
    }

    private static JsonArray numbers(List<? extends Number> numbers) {
        JsonArray array = new JsonArray(numbers.size());
        numbers.forEach(array::add);
        return array;
    }

    private static <T> JsonArray array(List<T> items, Function<T, JsonElement> write) {
        JsonArray array = new JsonArray(items.size());
        items.forEach(item -> array.add(write.apply(item)));
        return array;
    }
}
