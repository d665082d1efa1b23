package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.coordinate;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import dev.fern.cocoeval.keypoint.Keypoints;
import dev.fern.cocoeval.mask.Rle;
import java.util.Optional;

/**
 * Draws the masks and keypoints of an evaluation that is about them; of one about boxes, nothing.
 *
 * @param dataset the annotations
 * @param results the detections
 */
public record ObjectShapes(CocoDataset dataset, CocoResults results) {
    /** Columns of a mask that are drawn of the widest image; more would make pages heavy. */
    private static final int COLUMNS = 280;

    String of(MatchedDetection detection, CocoImage image, String style) {
        return mask(results.mask(detection.index(), image), style)
                + points(results.keypoints(detection.index()), image, style, false);
    }

    String of(MatchedTruth truth, CocoImage image, String style) {
        return mask(dataset.mask(truth.index()), style)
                + points(dataset.keypoints(truth.index()), image, style, true);
    }

    /** Returns a path of strips, each as wide as some columns of which the first is drawn. */
    private static String mask(Optional<Rle> drawn, String style) {
        if (drawn.isEmpty() || drawn.get().height() == 0) {
            return "";
        }
        long height = drawn.get().height();
        long step = Math.max(1, Math.max(height, drawn.get().width()) / COLUMNS);
        StringBuilder path = new StringBuilder();
        long[] runs = drawn.get().runs();
        long start = 0;
        for (int i = 0; i < runs.length; i++) {
            long end = Math.min(start + runs[i], height * drawn.get().width());
            for (long x = start / height; i % 2 == 1 && x * height < end; x++) {
                if (x % step == 0) {
                    long top = Math.max(0, start - x * height);
                    long bottom = Math.min(height, end - x * height);
                    path.append('M').append(x).append(' ').append(top);
                    path.append('h').append(step).append('v').append(bottom - top);
                    path.append("h-").append(step).append('z');
                }
            }
            start = end;
        }
        return path.isEmpty() ? "" : "<path class=\"shape " + style + "\" d=\"" + path + "\"/>";
    }

    private static String points(
            Optional<Keypoints> keypoints, CocoImage image, String style, boolean labelledOnly) {
        double[] numbers = keypoints.map(Keypoints::numbers).orElse(new double[0]);
        String radius = coordinate(Math.max(image.width(), image.height()) / 160.0 + 1);
        StringBuilder circles = new StringBuilder();
        for (int i = 0; i + 2 < numbers.length; i += 3) {
            if (!labelledOnly || numbers[i + 2] > 0) {
                circles.append("<circle class=\"shape ").append(style);
                circles.append("\" cx=\"").append(coordinate(numbers[i]));
                circles.append("\" cy=\"").append(coordinate(numbers[i + 1]));
                circles.append("\" r=\"").append(radius).append("\"/>");
            }
        }
        return circles.toString();
    }
}
