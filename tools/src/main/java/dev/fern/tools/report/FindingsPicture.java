package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.coordinate;
import static dev.fern.tools.report.HtmlText.escape;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.ImageFindings;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;

/** Small images with what was found rightly, wrongly and missed drawn over them. */
public final class FindingsPicture {
    private static final int LONGER_SIDE = 560;
    private static final int JPEG_QUALITY = 78;

    /** What the colours of the boxes mean, as HTML. */
    public static final String LEGEND =
            "<span class=\"swatch right\"></span>right<span class=\"swatch wrong\"></span>wrong"
                    + "<span class=\"swatch missed\"></span>missed. Rest the pointer on a box for its"
                    + " label.";

    /** Most boxes of one kind on one image; more would hide it. */
    private static final int BOXES = 120;

    private final Analysis analysis;
    private final ImageFolder folder;
    private final ImageReader reader;
    private final Optional<ObjectShapes> shapes;

    /**
     * Takes what pictures of boxes are made of.
     *
     * @param analysis of the detections
     * @param folder of the images
     * @param reader reads them as they were when the detections were made
     */
    public FindingsPicture(Analysis analysis, ImageFolder folder, ImageReader reader) {
        this(analysis, folder, reader, Optional.empty());
    }

    /**
     * Takes what the pictures are made of.
     *
     * @param analysis of the detections
     * @param folder of the images
     * @param reader reads them as they were when the detections were made
     * @param shapes draws masks and keypoints
     */
    public FindingsPicture(
            Analysis analysis,
            ImageFolder folder,
            ImageReader reader,
            Optional<ObjectShapes> shapes) {
        this.analysis = analysis;
        this.folder = folder;
        this.reader = reader;
        this.shapes = shapes;
    }

    /**
     * Returns an image with its boxes.
     *
     * @param findings in that image
     * @return an element of a page; if the image can't be read, a paragraph with the reason
     */
    public String html(ImageFindings findings) {
        try (BgrImage image = read(findings.image())) {
            return picture(image, findings);
        } catch (IOException e) {
            return "<p class=\"note\">" + escape(e.getMessage()) + "</p>";
        }
    }

    private BgrImage read(CocoImage image) throws IOException {
        Path file = folder.resolve(image.fileName());
        return image.width() > 0 && image.height() > 0
                ? reader.read(file, new ImageSize(image.width(), image.height()))
                : reader.read(file);
    }

    private String picture(BgrImage image, ImageFindings findings) {
        StringBuilder svg =
                new StringBuilder(
                        String.format(
                                Locale.ROOT,
                                "<svg viewBox=\"0 0 %d %d\"><image width=\"%d\" height=\"%d\""
                                        + " href=\"data:image/jpeg;base64,%s\"/>",
                                image.width(),
                                image.height(),
                                image.width(),
                                image.height(),
                                Base64.getEncoder()
                                        .encodeToString(
                                                image.thumbnail(LONGER_SIDE, JPEG_QUALITY))));
        double textSize = Math.max(image.width(), image.height()) / 48.0;
        findings.matching().detections().stream()
                .filter(MatchedDetection::isRight)
                .filter(detection -> detection.score() >= analysis.scoreThreshold())
                .limit(BOXES)
                .forEach(d -> svg.append(detection(findings, d, "right", 0)));
        findings.missed().stream()
                .limit(BOXES)
                .forEach(t -> svg.append(truth(findings, t, textSize)));
        findings.wrong().stream()
                .limit(BOXES)
                .forEach(d -> svg.append(detection(findings, d, "wrong", textSize)));
        return svg + "</svg>";
    }

    private String detection(
            ImageFindings findings, MatchedDetection detection, String style, double textSize) {
        return shapes.map(drawn -> drawn.of(detection, findings.image(), style)).orElse("")
                + box(detection.detection().box(), style, label(detection), textSize);
    }

    private String truth(ImageFindings findings, MatchedTruth truth, double textSize) {
        return shapes.map(drawn -> drawn.of(truth, findings.image(), "missed")).orElse("")
                + box(truth.annotation().box(), "missed", label(truth), textSize);
    }

    private String label(MatchedDetection detection) {
        return String.format(
                Locale.ROOT,
                "%s %.2f",
                analysis.matching().categories().get(detection.category()).name(),
                detection.score());
    }

    private String label(MatchedTruth truth) {
        return analysis.matching().categories().get(truth.category()).name();
    }

    /**
     * Returns a box with its label.
     *
     * @param textSize in pixels of the image; 0 to show the label only where the pointer rests
     */
    private static String box(Box box, String style, String label, double textSize) {
        if (Double.isNaN(box.area())) {
            // a mask may come without a box
            return "";
        }
        String rectangle =
                String.format(
                        Locale.ROOT,
                        "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\">"
                                + "<title>%s</title></rect>",
                        style,
                        coordinate(box.x()),
                        coordinate(box.y()),
                        coordinate(Math.max(0, box.width())),
                        coordinate(Math.max(0, box.height())),
                        escape(style + ": " + label));
        if (textSize == 0) {
            return rectangle;
        }
        return rectangle
                + String.format(
                        Locale.ROOT,
                        "<text class=\"%s\" x=\"%s\" y=\"%s\" style=\"font-size:%spx\">%s</text>",
                        style,
                        coordinate(box.x() + textSize / 6),
                        coordinate(Math.max(textSize, box.y() + textSize)),
                        coordinate(textSize),
                        escape(label));
    }
}
