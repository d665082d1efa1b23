package dev.fern.onnx;

import ai.djl.ndarray.types.Shape;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.anchor.BoxCoder;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.ImageTransform;
import dev.fern.detection.loss.HeadOutput;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import dev.fern.onnx.OnnxCheck.Output;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
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
        Canvas canvas = canvas(image);
        FloatBuffer pixels = pixels(image, canvas);
        ImageSize size = canvas.size();
        Shape shape = new Shape(1, 3, size.height(), size.width());
        List<HeadOutput> heads = detector.outputs(pixels, 1, size, false);
        float[] sizes = {canvas.resized().width(), canvas.resized().height()};
        return switch (options.outputs()) {
            case HEADS -> heads(heads, model.run(pixels, shape, new float[0]));
            case BOXES -> boxes(heads, canvas, model.run(pixels, shape, sizes));
            case DETECTIONS -> detections(pixels, canvas, model.run(pixels, shape, sizes));
        };
    }

    private Canvas canvas(BgrImage image) {
        Canvas own = detector.configuration().canvas().canvas(image.width(), image.height());
        ImageSize size = options.canvas().orElse(own.size());
        if (own.resized().width() > size.width() || own.resized().height() > size.height()) {
            throw new IllegalArgumentException(
                    "the image takes "
                            + own.resized()
                            + " pixels of the canvas; the model's input has "
                            + size);
        }
        return new Canvas(own.image(), own.resized(), size);
    }

    private FloatBuffer pixels(BgrImage image, Canvas canvas) {
        FloatBuffer pixels =
                ByteBuffer.allocateDirect(
                                Math.multiplyExact(ImageTransform.length(canvas), Float.BYTES))
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer();
        new ImageTransform(detector.configuration().normalization())
                .write(image, canvas, pixels, 0);
        return pixels;
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
        float[] scores = found.get(0).floats();
        float[] boxes = found.get(1).floats();
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
    private Map<String, Double> detections(FloatBuffer pixels, Canvas canvas, List<Output> found) {
        Canvas unscaled = new Canvas(canvas.resized(), canvas.resized(), canvas.size());
        List<Detection> expected = detector.detect(pixels, List.of(unscaled)).get(0);
        List<Detection> left = new ArrayList<>(read(found));
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

    private List<Detection> read(List<Output> found) {
        float[] boxes = found.get(0).floats();
        float[] scores = found.get(1).floats();
        float[] labels = found.get(2).floats();
        List<Detection> detections = new ArrayList<>();
        for (int i = 0; i < scores.length && labels[i] >= 0; i++) {
            CocoCategory category = detector.configuration().categories().get((int) labels[i]);
            detections.add(
                    new Detection(
                            boxes[4 * i],
                            boxes[4 * i + 1],
                            boxes[4 * i + 2],
                            boxes[4 * i + 3],
                            (int) labels[i],
                            category.id(),
                            category.name(),
                            scores[i]));
        }
        return detections;
    }
}
