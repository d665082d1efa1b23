package dev.fern.onnx;

import ai.djl.ndarray.types.Shape;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.model.Detection;
import dev.fern.onnx.OnnxCheck.Output;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Finds objects by an ONNX model that gives detections. */
record OnnxDetector(OnnxCheck model, List<CocoCategory> categories) {

    /**
     * Finds the objects of each image.
     *
     * @param pixels [N, 3, H, W], normalised
     * @param canvases where each image lies, all of one size
     * @return the detections of each by falling score, in pixels of the image
     */
    List<List<Detection>> detect(FloatBuffer pixels, List<Canvas> canvases) throws IOException {
        int images = canvases.size();
        float[] sizes = new float[2 * images];
        for (int n = 0; n < images; n++) {
            sizes[2 * n] = canvases.get(n).resized().width();
            sizes[2 * n + 1] = canvases.get(n).resized().height();
        }
        Shape shape =
                new Shape(
                        images, 3, canvases.get(0).size().height(), canvases.get(0).size().width());
        List<Output> found = model.run(pixels, shape, sizes);
        List<List<Detection>> detections = new ArrayList<>();
        for (int n = 0; n < images; n++) {
            detections.add(detections(found, n, canvases.get(n)));
        }
        return detections;
    }

    private List<Detection> detections(List<Output> found, int image, Canvas canvas) {
        float[] boxes = found.get(0).values();
        float[] scores = found.get(1).values();
        float[] labels = found.get(2).values();
        int most = Math.toIntExact(found.get(1).shape()[1]);
        List<Detection> detections = new ArrayList<>();
        for (int i = image * most; i < (image + 1) * most && labels[i] >= 0; i++) {
            CocoCategory category = categories.get((int) labels[i]);
            float[] box = canvas.toImage(Arrays.copyOfRange(boxes, 4 * i, 4 * i + 4));
            detections.add(
                    new Detection(
                            box[0],
                            box[1],
                            box[2],
                            box[3],
                            (int) labels[i],
                            category.id(),
                            category.name(),
                            scores[i]));
        }
        return detections;
    }
}
