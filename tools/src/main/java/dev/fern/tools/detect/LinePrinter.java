package dev.fern.tools.detect;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.model.Detection;
import dev.fern.tools.console.VisibleText;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** Prints one line per object. */
record LinePrinter(PrintWriter out, List<CocoCategory> categories) {

    /**
     * Prints what was found in one image.
     *
     * @param file names the image
     */
    void print(Object file, List<Detection> detections) {
        for (Detection detection : detections) {
            out.printf(
                    Locale.ROOT,
                    "%s\t%s\t%.3f\t%.1f\t%.1f\t%.1f\t%.1f%n",
                    VisibleText.of(file),
                    VisibleText.of(categories.get(detection.category()).name()),
                    detection.score(),
                    detection.x1(),
                    detection.y1(),
                    (double) detection.x2() - detection.x1(),
                    (double) detection.y2() - detection.y1());
        }
        out.flush();
    }
}
