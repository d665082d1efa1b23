package dev.fern.tools.sweep;

import static dev.fern.tools.report.HtmlText.escape;

import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.AnalysisParameters;
import dev.fern.cocoeval.analysis.ImageFindings;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.Sample;
import dev.fern.detection.image.ImageFolder;
import dev.fern.tools.report.FindingsPicture;
import dev.fern.tools.sweep.Grid.Cell;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A few validation images side by side for every norm, with what its last model found in them. */
final class DetectionStrip {

    private static final int IMAGES = 4;

    private final SweepResults results;
    private final LabelledImages val;
    private final ImageFolder folder;

    /** A norm's pictures of the images that are shown. */
    private record Column(String norm, List<String> pictures) {}

    DetectionStrip(SweepResults results, LabelledImages val, ImageFolder folder) {
        this.results = results;
        this.val = val;
        this.folder = folder;
    }

    /**
     * Returns the cells that are shown, one for each norm: the first that are done at the smallest
     * batch size at which any is.
     */
    List<Cell> cells() {
        for (int batchSize : results.grid().batchSizes().stream().sorted().toList()) {
            List<Cell> cells = new ArrayList<>();
            for (String norm : results.grid().norms()) {
                Optional<CellResult> first =
                        results.cells(norm, batchSize).stream()
                                .filter(CellResult::isDone)
                                .findFirst();
                first.ifPresent(cell -> cells.add(cell.cell()));
            }
            if (!cells.isEmpty()) {
                return cells;
            }
        }
        return List.of();
    }

    /** Returns a grid of pictures: one row for each image, one column for each norm. */
    String html() throws IOException {
        List<Column> columns = new ArrayList<>();
        for (Cell cell : cells()) {
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
        CocoResults found = results.detections(cell);
        EvaluationParameters used =
                EvaluationParameters.builder()
                        .imgIds(val.images().samples().stream().map(Sample::imageId).toList())
                        .build();
        Analysis analysis = Analysis.of(val.coco(), found, used, AnalysisParameters.defaults());
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
                        .toList();
        int count = Math.min(IMAGES, ids.size());
        List<Long> shown = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            shown.add(ids.get((int) ((2L * i + 1) * ids.size() / (2L * count))));
        }
        return shown;
    }
}
