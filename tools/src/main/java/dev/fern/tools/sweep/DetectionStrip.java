package dev.fern.tools.sweep;

import static dev.fern.tools.report.HtmlText.escape;

import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.AnalysisParameters;
import dev.fern.cocoeval.analysis.ImageFindings;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.ImageFolder;
import dev.fern.tools.report.FindingsPicture;
import dev.fern.tools.sweep.result.CellResult;
import dev.fern.tools.sweep.result.Grid.Cell;
import dev.fern.tools.sweep.result.SweepReport;
import dev.fern.tools.sweep.result.SweepResults;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A few validation images side by side for every norm, with what its last model found in them. */
final class DetectionStrip {

    private static final int IMAGES = 4;

    private final SweepResults results;
    private final SweepFolder sweep;
    private final ValidationParts parts;
    private final LabelledImages val;
    private final ImageFolder folder;

    /** A norm's pictures of the images that are shown. */
    private record Column(String norm, List<String> pictures) {}

    /**
     * Takes what is shown.
     *
     * @param sweep folder of the models' detections
     * @param parts of the validation images; those that are reported on are shown
     * @param folder of the validation images
     */
    DetectionStrip(
            SweepResults results, SweepFolder sweep, ValidationParts parts, ImageFolder folder) {
        this.results = results;
        this.sweep = sweep;
        this.parts = parts;
        this.val = parts.val();
        this.folder = folder;
    }

    /** Returns the pictures; empty if no cell is done. */
    Optional<SweepReport.Pictures> pictures() throws IOException {
        List<Cell> cells = cells();
        return cells.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new SweepReport.Pictures(
                                cells.get(0).batchSize(), cells.get(0).seed(), html(cells)));
    }

    /**
     * Returns the cells that are shown, one for each norm: the first that are done at the smallest
     * batch size at which any is.
     */
    private List<Cell> cells() throws IOException {
        for (int batchSize : results.grid().batchSizes().stream().sorted().toList()) {
            List<Cell> cells = new ArrayList<>();
            for (String norm : results.grid().norms()) {
                for (CellResult result : results.cells(norm, batchSize)) {
                    if (sweep.hasDetections(result)) {
                        cells.add(result.cell());
                        break;
                    }
                }
            }
            if (!cells.isEmpty()) {
                return cells;
            }
        }
        return List.of();
    }

    /** Returns a grid of pictures: one row for each image, one column for each norm. */
    private String html(List<Cell> cells) throws IOException {
        List<Column> columns = new ArrayList<>();
        for (Cell cell : cells) {
            columns.add(column(cell));
        }
        StringBuilder html =
                new StringBuilder(
                        "<div class=\"strip\" style=\"--columns:" + columns.size() + "\">");
        for (Column column : columns) {
            html.append("<h3>").append(escape(column.norm)).append("</h3>");
        }
        for (int i = 0; !columns.isEmpty() && i < columns.get(0).pictures.size(); i++) {
            for (Column column : columns) {
                html.append("<figure>").append(column.pictures.get(i)).append("</figure>");
            }
        }
        return html + "</div>";
    }

    private Column column(Cell cell) throws IOException {
        List<Long> shown = shownIds();
        CocoResults found = sweep.cell(cell).detections();
        Analysis analysis =
                Analysis.of(
                        val.coco(),
                        found,
                        parts.reportedParameters(),
                        AnalysisParameters.defaults());
        FindingsPicture picture = new FindingsPicture(analysis, folder, val.images().reader());
        List<String> pictures = new ArrayList<>();
        for (ImageFindings findings : analysis.findings()) {
            if (shown.contains(findings.image().id())) {
                pictures.add(picture.html(findings));
            }
        }
        return new Column(cell.norm(), pictures);
    }

    /** Returns a sample of the images that have objects, evenly spaced. */
    private List<Long> shownIds() {
        List<Long> ids =
                val.images().samples().stream()
                        .filter(sample -> sample.labels().length > 0)
                        .map(Sample::imageId)
                        .filter(parts.reported()::contains)
                        .toList();
        int count = Math.min(IMAGES, ids.size());
        List<Long> shown = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            shown.add(ids.get((int) ((2L * i + 1) * ids.size() / (2L * count))));
        }
        return shown;
    }
}
