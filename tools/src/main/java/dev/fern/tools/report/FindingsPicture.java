package dev.fern.tools.report;

import static dev.fern.tools.report.HtmlText.coordinate;
import static dev.fern.tools.report.HtmlText.escape;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.Matching.MatchedDetection;
import dev.fern.cocoeval.Matching.MatchedTruth;
import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.ImageFindings;
import dev.fern.detection.draw.LabelPlacement;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Small images with what was found rightly, wrongly and missed drawn over them. */
public final class FindingsPicture {
    private static final int LONGER_SIDE = 560;
    private static final int JPEG_QUALITY = 78;

    /** What the colours of the boxes mean, as HTML. */
    public static final String LEGEND =
            "<span class=\"swatch right\"></span>right<span class=\"swatch wrong\"></span>wrong"
                    + "<span class=\"swatch missed\"></span>missed. Rest the pointer on a box for its"
                    + " label.";

    /** The longer side of an image in heights of a label's letters. */
    private static final double TEXT_PART = 36;

    /** Mean width of letters and height of a line, in heights of letters. */
    private static final double LETTER_WIDTH = 0.58;

    private static final double LINE_HEIGHT = 1.25;

    private static final String RIGHT = "right";

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
        List<Drawn> drawn = drawn(findings);
        drawn.forEach(box -> svg.append(box.outline()));
        double textSize = Math.max(image.width(), image.height()) / TEXT_PART;
        LabelPlacement places =
                new LabelPlacement(
                        image.width(),
                        image.height(),
                        drawn.stream()
                                .filter(Drawn::hasBox)
                                .map(box -> bounds(box.box()))
                                .toList());
        // The surest mistakes get their labels first; the others show theirs under the pointer.
        for (int i = drawn.size() - 1; i >= 0; i--) {
            Drawn box = drawn.get(i);
            if (!box.style().equals(RIGHT) && box.hasBox()) {
                double width = LETTER_WIDTH * textSize * (box.label().length() + 1);
                places.place(bounds(box.box()), width, textSize * LINE_HEIGHT)
                        .ifPresent(place -> svg.append(box.text(place, textSize)));
            }
        }
        return svg + "</svg>";
    }

    private static Rectangle2D bounds(Box box) {
        return new Rectangle2D.Double(
                box.x(), box.y(), Math.max(0, box.width()), Math.max(0, box.height()));
    }

    /** Returns the boxes from the bottom of the picture to its top. */
    private List<Drawn> drawn(ImageFindings findings) {
        List<Drawn> drawn = new ArrayList<>();
        findings.matching().detections().stream()
                .filter(MatchedDetection::isRight)
                .filter(detection -> detection.score() >= analysis.scoreThreshold())
                .limit(BOXES)
                .forEach(d -> drawn.add(drawn(findings, d, RIGHT)));
        findings.missed().stream().limit(BOXES).forEach(t -> drawn.add(drawn(findings, t)));
        List<Drawn> wrong =
                findings.wrong().stream()
                        .limit(BOXES)
                        .map(d -> drawn(findings, d, "wrong"))
                        .collect(Collectors.toCollection(ArrayList::new));
        Collections.reverse(wrong);
        drawn.addAll(wrong);
        return drawn;
    }

    private Drawn drawn(ImageFindings findings, MatchedDetection detection, String style) {
        return new Drawn(
                detection.detection().box(),
                style,
                label(detection),
                shapes.map(all -> all.of(detection, findings.image(), style)).orElse(""));
    }

    private Drawn drawn(ImageFindings findings, MatchedTruth truth) {
        return new Drawn(
                truth.annotation().box(),
                "missed",
                label(truth),
                shapes.map(all -> all.of(truth, findings.image(), "missed")).orElse(""));
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
     * A box as it is drawn.
     *
     * @param style class of the page's style sheet, which is also the word for it
     * @param shape its mask or keypoints as SVG; empty for none
     */
    private record Drawn(Box box, String style, String label, String shape) {

        /** {@return whether it has a box, without which a mask may come} */
        boolean hasBox() {
            return !Double.isNaN(box.area());
        }

        String outline() {
            if (!hasBox()) {
                return shape;
            }
            return shape
                    + String.format(
                            Locale.ROOT,
                            "<rect class=\"%s\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\">"
                                    + "<title>%s</title></rect>",
                            style,
                            coordinate(box.x()),
                            coordinate(box.y()),
                            coordinate(Math.max(0, box.width())),
                            coordinate(Math.max(0, box.height())),
                            escape(style + ": " + label));
        }

        String text(Rectangle2D place, double size) {
            return String.format(
                    Locale.ROOT,
                    "<text class=\"%s\" x=\"%s\" y=\"%s\" style=\"font-size:%spx\">%s</text>",
                    style,
                    coordinate(place.getX() + LETTER_WIDTH * size / 2),
                    coordinate(place.getY() + size),
                    coordinate(size),
                    escape(label));
        }
    }
}
