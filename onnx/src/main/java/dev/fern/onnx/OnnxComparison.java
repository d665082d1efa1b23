package dev.fern.onnx;

import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.anchor.BoxCoder;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.loss.HeadOutput;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.onnx.OnnxCheck.Output;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Compares an ONNX model, run by ONNX Runtime, with the detector that it was made of. */
public final class OnnxComparison {

    /**
     * Scores and corners (in units of the canvas's larger side) of equal detections differ less.
     */
    private static final double SAME = 1e-3;

    private final Detector detector;
    private final OnnxCheck model;
    private final OnnxOptions options;

    /**
     * Prepares a comparison.
     *
     * @param detector in float32
     * @param model what {@link OnnxExport} made of it
     * @param options with which it did
     */
    public OnnxComparison(Detector detector, OnnxCheck model, OnnxOptions options) {
        this.detector = detector;
        this.model = model;
        this.options = options;
    }

    /**
     * Runs both on an image.
     *
     * @param image of any size; the caller closes it
     * @return the largest differences by name: of {@code logits} and {@code codes} relative to
     *     their own size (L2); or of {@code scores}, and of {@code boxes} in pixels of the canvas;
     *     where the model gives detections, {@code missing} counts those that only one side has
     * @throws IOException if ONNX Runtime fails
     * @throws IllegalArgumentException if the image does not fit the model's input
     */
    public Map<String, Double> of(BgrImage image) throws IOException {
        CanvasPixels pixels = CanvasPixels.of(image, detector.configuration(), options.canvas());
        Canvas canvas = pixels.canvas();
        if (options.outputs() == OnnxOptions.Outputs.DETECTIONS) {
            return detections(pixels);
        }
        List<HeadOutput> heads = detector.outputs(pixels.values(), 1, canvas.size(), false);
        if (options.outputs() == OnnxOptions.Outputs.HEADS) {
            return heads(heads, model.run(pixels.values(), pixels.shape(), new float[0]));
        }
        float[] sizes = {canvas.resized().width(), canvas.resized().height()};
        return boxes(heads, canvas, model.run(pixels.values(), pixels.shape(), sizes));
    }

    private static Map<String, Double> heads(List<HeadOutput> expected, List<Output> found) {
        Map<String, Double> differences = new LinkedHashMap<>();
        int levels = expected.size();
        for (int l = 0; l < levels; l++) {
            differences.merge(
                    "logits",
                    distance(found.get(l).channelsLast(), expected.get(l).logits()),
                    Math::max);
        }
        for (int l = 0; l < levels; l++) {
            differences.merge(
                    "codes",
                    distance(found.get(levels + l).channelsLast(), expected.get(l).codes()),
                    Math::max);
        }
        return differences;
    }

    /** Returns the L2 norm of a difference, relative to that of what is expected. */
    private static double distance(float[] found, float[] expected) {
        double difference = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(found[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / size);
    }

    private Map<String, Double> boxes(List<HeadOutput> heads, Canvas canvas, List<Output> found) {
        Anchors anchors = detector.anchors(canvas);
        float[] scores = found.get(0).values();
        float[] boxes = found.get(1).values();
        double score = 0;
        double corner = 0;
        float[] box = new float[4];
        int s = 0;
        int b = 0;
        for (HeadOutput head : heads) {
            for (float logit : head.logits()) {
                score = Math.max(score, Math.abs(scores[s++] - 1 / (1 + Math.exp(-logit))));
            }
            float[] codes = head.codes();
            for (int i = 0; i < codes.length; i += 4, b += 4) {
                BoxCoder.decode(
                        codes[i],
                        codes[i + 1],
                        codes[i + 2],
                        codes[i + 3],
                        anchors.boxes(),
                        b,
                        box,
                        0);
                for (int c = 0; c < 4; c++) {
                    ImageSize limit = canvas.resized();
                    float most = c % 2 == 0 ? limit.width() : limit.height();
                    float expected = Math.min(Math.max(box[c], 0), most);
                    corner = Math.max(corner, Math.abs(boxes[b + c] - expected));
                }
            }
        }
        Map<String, Double> differences = new LinkedHashMap<>();
        differences.put("scores", score);
        differences.put("boxes", corner);
        return differences;
    }

    /** Pairs detections; those whose scores are nearly equal may have changed places. */
    private Map<String, Double> detections(CanvasPixels pixels) throws IOException {
        Canvas canvas = pixels.canvas();
        List<Canvas> unscaled =
                List.of(new Canvas(canvas.resized(), canvas.resized(), canvas.size()));
        List<Detection> expected = detector.detect(pixels.values(), unscaled).get(0);
        List<Detection> left =
                new ArrayList<>(
                        new OnnxDetector(model, detector.configuration().categories())
                                .detect(pixels.values(), unscaled)
                                .get(0));
        double side = Math.max(canvas.size().width(), canvas.size().height());
        double score = 0;
        double corner = 0;
        int missing = 0;
        for (Detection detection : expected) {
            Detection nearest = null;
            for (Detection other : left) {
                if (other.category() == detection.category()
                        && Math.abs(other.score() - detection.score()) < SAME
                        && corners(other, detection) < SAME * side
                        && (nearest == null
                                || corners(other, detection) < corners(nearest, detection))) {
                    nearest = other;
                }
            }
            if (nearest == null) {
                missing++;
                continue;
            }
            left.remove(nearest);
            score = Math.max(score, Math.abs(nearest.score() - detection.score()));
            corner = Math.max(corner, corners(nearest, detection));
        }
        Map<String, Double> differences = new LinkedHashMap<>();
        differences.put("scores", score);
        differences.put("boxes", corner);
        differences.put("missing", (double) missing + left.size());
        return differences;
    }

    private static double corners(Detection a, Detection b) {
        return Math.max(
                Math.max(Math.abs(a.x1() - b.x1()), Math.abs(a.y1() - b.y1())),
                Math.max(Math.abs(a.x2() - b.x2()), Math.abs(a.y2() - b.y2())));
    }
}
