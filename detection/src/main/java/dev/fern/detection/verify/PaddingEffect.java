package dev.fern.detection.verify;

import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.data.Batch;
import dev.fern.detection.data.BatchPlan.PlannedImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.loss.HeadOutput;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Measures what padding an image to a larger canvas than its own changes in the network's outputs.
 */
final class PaddingEffect {

    private final NetworkPasses passes;

    PaddingEffect(NetworkPasses passes) {
        this.passes = passes;
    }

    double measure(PlannedImage image, ImageSize canvas) throws IOException {
        try (Batch alone = passes.decode(passes.alone(image))) {
            Canvas own = alone.items().get(0).canvas();
            List<HeadOutput> outputs = passes.outputs(alone.pixels(), own.size());
            List<HeadOutput> padded =
                    passes.outputs(padded(alone.pixels(), own.size(), canvas), canvas);
            List<Anchors.Level> levels = passes.detector().anchors(own).levels();
            List<Anchors.Level> paddedLevels =
                    passes.detector()
                            .anchors(new Canvas(own.image(), own.resized(), canvas))
                            .levels();
            double largest = 0;
            for (int l = 0; l < levels.size(); l++) {
                Window window = new Window(levels.get(l), paddedLevels.get(l));
                HeadOutput a = outputs.get(l);
                HeadOutput b = padded.get(l);
                largest = Math.max(largest, window.difference(a.logits(), b.logits()));
                largest = Math.max(largest, window.difference(a.codes(), b.codes()));
            }
            return largest;
        }
    }

    private static FloatBuffer padded(FloatBuffer pixels, ImageSize size, ImageSize canvas) {
        FloatBuffer padded = FloatBuffer.allocate(3 * canvas.width() * canvas.height());
        float[] row = new float[size.width()];
        for (int y = 0; y < 3 * size.height(); y++) {
            int channel = y / size.height();
            pixels.get(y * size.width(), row);
            padded.put((channel * canvas.height() + y % size.height()) * canvas.width(), row);
        }
        return padded;
    }

    /** The places of a small map at the top left of a larger one. */
    private record Window(Anchors.Level own, Anchors.Level padded) {

        double difference(float[] values, float[] larger) {
            int perPlace = values.length / (own.rows() * own.columns());
            double largest = 0;
            for (int i = 0; i < values.length; i++) {
                int place = i / perPlace;
                int row = place / own.columns();
                int there = row * padded.columns() + place % own.columns();
                float other = larger[there * perPlace + i % perPlace];
                largest = Math.max(largest, DetectionDistance.relativeDifference(values[i], other));
            }
            return largest;
        }
    }
}
