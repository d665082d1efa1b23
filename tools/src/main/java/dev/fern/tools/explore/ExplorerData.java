package dev.fern.tools.explore;

import com.google.gson.stream.JsonWriter;
import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.IouType;
import dev.fern.cocoeval.Matching.ImageMatching;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.DetectionError;
import dev.fern.cocoeval.analysis.ImageFindings;
import dev.fern.cocoeval.keypoint.Keypoints;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.explore.ExploredResults.Side;
import java.io.FilterWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Writes everything that the page knows as a script that sets one text: a page opened from disk may
 * load scripts and no other data. The text is JSON; {@code data.js} among the resources says what
 * its numbers are. Numbers of one object or detection follow each other in one long list, as that
 * is parsed many times faster than a list of objects.
 *
 * @param explored what the page shows
 * @param images one entry for each image of {@code explored}
 */
record ExplorerData(ExploredResults explored, List<ShownImage> images) {

    private static final double SMALL_AREA = 32 * 32;
    private static final double MEDIUM_AREA = 96 * 96;

    private static final int RIGHT = 0;
    private static final int IGNORED = 6;

    /** In place of the position of a label that a detection casts doubt on. */
    private static final int NO_DOUBT = -2;

    private static final int NOT_LABELLED = -1;

    /** Writes JSON as the text of a JavaScript string. */
    private static final class QuotedWriter extends FilterWriter {

        QuotedWriter(Writer out) {
            super(out);
        }

        @Override
        public void write(int c) throws IOException {
            if (c == '\\' || c == '\'') {
                out.write('\\');
            }
            out.write(c);
        }

        @Override
        public void write(char[] text, int offset, int length) throws IOException {
            for (int i = offset; i < offset + length; i++) {
                write(text[i]);
            }
        }

        @Override
        public void write(String text, int offset, int length) throws IOException {
            write(text.toCharArray(), offset, length);
        }
    }

    void writeTo(Path file) throws IOException {
        try (Writer out = Files.newBufferedWriter(file)) {
            out.write("'use strict';\nconst EXPLORED = '");
            JsonWriter json = new JsonWriter(new QuotedWriter(out));
            json.setHtmlSafe(true); // also escapes the separators that would end the string
            write(json);
            json.flush();
            out.write("';\n");
        }
    }

    private void write(JsonWriter json) throws IOException {
        Analysis first = explored.sides().get(0).analysis();
        json.beginObject();
        json.name("annotations").value(explored.annotations());
        json.name("overlap").value(overlapName());
        json.name("masks").value(new ExplorerMasks(explored).isNeeded());
        json.name("iou").value(first.parameters().iouThreshold());
        json.name("categories").beginArray();
        for (CocoCategory category : first.matching().categories()) {
            json.value(category.name());
        }
        json.endArray();
        json.name("sides").beginArray();
        for (Side side : explored.sides()) {
            json.beginObject();
            json.name("name").value(side.name());
            json.name("ap").value(side.analysis().tide().averagePrecision());
            json.name("score").value(side.analysis().scoreThreshold());
            json.endObject();
        }
        json.endArray();
        json.name("images").beginArray();
        for (int i = 0; i < images.size(); i++) {
            image(json, i);
        }
        json.endArray();
        json.endObject();
    }

    private String overlapName() {
        return switch (explored.dataset().iouType()) {
            case KEYPOINTS -> "OKS";
            default -> "IoU";
        };
    }

    private void image(JsonWriter json, int index) throws IOException {
        CocoDataset dataset = explored.dataset();
        ImageMatching image = explored.images().get(index);
        ShownImage shown = images.get(index);
        Optional<ImageSize> size = shown.size();
        json.beginObject();
        json.name("id").value(dataset.idJson(image.image().id()).toString());
        json.name("file").value(image.image().fileName());
        json.name("width").value(size.map(ImageSize::width).orElse(image.image().width()));
        json.name("height").value(size.map(ImageSize::height).orElse(image.image().height()));
        text(json, "link", shown.link());
        text(json, "thumbnail", shown.thumbnail());
        text(json, "problem", shown.problem());
        json.name("objects").beginArray();
        for (MatchedTruth truth : image.truths()) {
            object(json, truth);
        }
        json.endArray();
        json.name("ids").beginArray();
        for (MatchedTruth truth : image.truths()) {
            json.value(dataset.idJson(truth.annotation().id()).toString());
        }
        json.endArray();
        if (dataset.iouType() == IouType.KEYPOINTS) {
            json.name("points").beginArray();
            for (MatchedTruth truth : image.truths()) {
                points(json, dataset.keypoints(truth.index()), true);
            }
            json.endArray();
        }
        json.name("sides").beginArray();
        for (Side side : explored.sides()) {
            side(json, side, index);
        }
        json.endArray();
        json.endObject();
    }

    private static void text(JsonWriter json, String name, Optional<String> text)
            throws IOException {
        if (text.isPresent()) {
            json.name(name).value(text.get());
        }
    }

    private static void object(JsonWriter json, MatchedTruth truth) throws IOException {
        json.value(truth.category());
        box(json, truth.annotation().box());
        json.value(sizeOf(truth.annotation().area()));
        json.value(truth.annotation().crowd() ? 2 : truth.ignored() ? 1 : 0);
    }

    private void side(JsonWriter json, Side side, int index) throws IOException {
        ImageMatching image = side.analysis().matching().images().get(index);
        double iou = side.analysis().parameters().iouThreshold();
        json.beginObject();
        json.name("loss").value(side.losses().get(index));
        json.name("found").beginArray();
        for (MatchedTruth truth : image.truths()) {
            json.value(truth.detection());
        }
        json.endArray();
        json.name("unsupported").beginArray();
        for (int g = 0; g < image.truths().size(); g++) {
            MatchedTruth truth = image.truths().get(g);
            if (truth.isMissed() && ImageFindings.isUnsupported(image, truth, iou)) {
                json.value(g);
            }
        }
        json.endArray();
        json.name("detections").beginArray();
        for (MatchedDetection detection : image.detections()) {
            detection(json, side, image, detection);
        }
        json.endArray();
        if (side.results().iouType() == IouType.KEYPOINTS) {
            json.name("points").beginArray();
            for (MatchedDetection detection : image.detections()) {
                points(json, side.results().keypoints(detection.index()), false);
            }
            json.endArray();
        }
        json.endObject();
    }

    private static void detection(
            JsonWriter json, Side side, ImageMatching image, MatchedDetection detection)
            throws IOException {
        int kind = detection.isRight() ? RIGHT : IGNORED;
        int truth = detection.truth();
        int doubt = NO_DOUBT;
        if (detection.isWrong()) {
            DetectionError error =
                    DetectionError.of(
                            image,
                            detection,
                            side.analysis().parameters().iouThreshold(),
                            side.analysis().parameters().backgroundIou());
            kind = 1 + error.kind().ordinal();
            truth =
                    switch (error.kind()) {
                        case LOCALISATION, DUPLICATE -> error.same().truth();
                        case CLASSIFICATION, BOTH -> error.other().truth();
                        default -> -1;
                    };
            doubt =
                    error.deniesLabel()
                            ? error.other().truth()
                            : error.isAlone() ? NOT_LABELLED : NO_DOUBT;
        }
        json.value(detection.category());
        box(json, detection.detection().box());
        json.value(sizeOf(detection.detection().box().area()));
        number(json, detection.score());
        json.value(kind);
        json.value(truth);
        number(
                json,
                truth < 0 ? 0 : rounded(image.overlap(detection, image.truths().get(truth)), 1000));
        json.value(doubt);
    }

    private static void points(JsonWriter json, Optional<Keypoints> keypoints, boolean labelledOnly)
            throws IOException {
        double[] numbers = keypoints.map(Keypoints::numbers).orElse(new double[0]);
        json.beginArray();
        for (int i = 0; i + 2 < numbers.length; i += 3) {
            if (!labelledOnly || numbers[i + 2] > 0) {
                number(json, rounded(numbers[i], 10));
                number(json, rounded(numbers[i + 1], 10));
            }
        }
        json.endArray();
    }

    private static int sizeOf(double area) {
        return area < SMALL_AREA ? 0 : area < MEDIUM_AREA ? 1 : 2;
    }

    private static void box(JsonWriter json, Box box) throws IOException {
        for (double side : new double[] {box.x(), box.y(), box.width(), box.height()}) {
            number(json, rounded(side, 10));
        }
    }

    private static double rounded(double value, double parts) {
        return Math.rint(value * parts) / parts;
    }

    /** Writes a number without needless digits; null where it is none. */
    private static void number(JsonWriter json, double value) throws IOException {
        if (!Double.isFinite(value)) {
            json.nullValue();
        } else if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            json.value((long) value);
        } else {
            json.value(value);
        }
    }
}
