package dev.fern.tools.evaluate;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import dev.fern.cocoeval.AtomicFile;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.Evaluation;
import dev.fern.cocoeval.analysis.Analysis;
import dev.fern.cocoeval.analysis.AnalysisParameters;
import dev.fern.detection.image.ImageFolder;
import dev.fern.detection.image.ImageReader;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.report.EvaluationReport;
import dev.fern.tools.report.EvaluationSections;
import dev.fern.tools.report.FindingsPicture;
import dev.fern.tools.report.ObjectShapes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that ask for what is behind the twelve numbers. */
@OptionSection(Section.EVALUATION)
final class AnalysisOptions {

    @OptionSection(Section.OUTPUT)
    @Option(
            names = "--analysis",
            paramLabel = "FILE",
            description =
                    "Write as JSON what is behind the numbers: precision-recall curves, confusion"
                            + " matrix, TIDE errors, calibration, best F-beta, and the errors of each"
                            + " image.")
    private Path json;

    @OptionSection(Section.OUTPUT)
    @Option(
            names = "--report",
            paramLabel = "FILE",
            description =
                    "Write the same as one self-contained HTML page. With --images it shows the"
                            + " worst images.")
    private Path report;

    @Option(
            names = "--analysis-iou",
            paramLabel = "X",
            description =
                    "IoU from which a detection matches an object in the analysis. Default: 0.5.")
    private Double iou;

    @Option(
            names = "--analysis-score",
            paramLabel = "X",
            description =
                    "Score from which detections count in the confusion matrix and in the errors"
                            + " of each image. Default: the score of the best F-beta.")
    private Double score;

    @Option(
            names = "--beta",
            paramLabel = "X",
            description = "Weight of recall relative to precision in F-beta. Default: 1.")
    private Double beta;

    /** Returns the page that will be written, or null if none is wanted. */
    Path page() {
        return report;
    }

    /** Returns the files that will be written; entries are null where none is wanted. */
    Path[] targets() {
        return new Path[] {json, report};
    }

    /**
     * Returns what the options say.
     *
     * @throws BadInputException if a value is out of range
     */
    AnalysisParameters parameters() throws BadInputException {
        try {
            AnalysisParameters parameters = AnalysisParameters.defaults();
            if (iou != null) {
                parameters = parameters.withIouThreshold(iou);
            }
            if (score != null) {
                parameters = parameters.withScoreThreshold(score);
            }
            parameters = beta == null ? parameters : parameters.withBeta(beta);
            if (json == null && report == null && (iou != null || score != null || beta != null)) {
                throw new BadInputException(
                        "--analysis-iou, --analysis-score and --beta are for --analysis and"
                                + " --report, and neither is given");
            }
            return parameters;
        } catch (IllegalArgumentException e) {
            throw new BadInputException(e.getMessage(), e);
        }
    }

    /**
     * Analyses the detections and writes the files that are wanted; does nothing if none is.
     *
     * @param title of the report
     * @param images folder of the images that the report draws, if given
     * @param reader reads the images as they were when the detections were made
     */
    void write(
            String title,
            CocoDataset dataset,
            CocoResults results,
            Evaluation evaluation,
            Optional<ImageFolder> images,
            ImageReader reader)
            throws IOException, BadInputException {
        if (json == null && report == null) {
            return;
        }
        Analysis analysis = Analysis.of(dataset, results, evaluation.parameters(), parameters());
        if (json != null) {
            Gson gson =
                    new GsonBuilder()
                            .disableHtmlEscaping()
                            .serializeSpecialFloatingPointValues()
                            .serializeNulls()
                            .create();
            write(json, gson.toJson(analysis.toJson(dataset)) + "\n");
        }
        if (report != null) {
            EvaluationSections sections =
                    new EvaluationSections(
                            evaluation,
                            analysis,
                            images.map(
                                    folder ->
                                            new FindingsPicture(
                                                    analysis,
                                                    folder,
                                                    reader,
                                                    Optional.of(
                                                            new ObjectShapes(dataset, results)))));
            write(report, new EvaluationReport(title, sections).html());
        }
    }

    private static void write(Path file, String text) throws IOException {
        AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }
}
