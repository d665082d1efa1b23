package dev.fern.tools.evaluate;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.EvaluationParameters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What to evaluate; the options of the commands that score detections. */
final class EvaluationOptions {

    @Option(
            names = "--iou-thresholds",
            split = ",",
            paramLabel = "X",
            description = "IoU thresholds, 0 to 1 (default: 0.5 to 0.95 in steps of 0.05).")
    private List<Double> iouThresholds;

    @Option(
            names = "--max-detections",
            split = ",",
            paramLabel = "N",
            description = "Limits on an image's detections of a category (default: 1,10,100).")
    private List<Integer> maxDetections;

    @Option(names = "--class-agnostic", description = "Take all categories as one.")
    private boolean classAgnostic;

    @Option(
            names = "--parameters",
            paramLabel = "FILE",
            description =
                    "JSON file of pycocotools' parameters: imgIds, catIds, iouThrs, recThrs, maxDets,"
                            + " areaRng, areaRngLbl, useCats. Options above override it.")
    private Path parameters;

    @Option(
            names = "--corrected",
            description =
                    "Mend pycocotools' known faults: annotation id 0, ignore, the headline AP"
                            + " where 100 is not among the limits.")
    private boolean corrected;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    /** The file of parameters, null if none is given. */
    Path file() {
        return parameters;
    }

    /**
     * A file is taken at its word, as pycocotools takes it; options are checked.
     *
     * @param dataset on which the evaluation is
     * @throws ParameterException if an option makes no sense
     * @throws IOException if the file of parameters can't be read or is unfit
     */
    EvaluationParameters parameters(CocoDataset dataset) throws IOException {
        EvaluationParameters base =
                parameters == null
                        ? EvaluationParameters.defaults()
                        : EvaluationParameters.read(parameters, dataset);
        EvaluationParameters.Builder builder = base.toBuilder();
        if (iouThresholds != null) {
            for (double threshold : iouThresholds) {
                require(
                        threshold >= 0 && threshold <= 1,
                        "--iou-thresholds",
                        threshold + " does not lie between 0 and 1");
            }
            builder.iouThrs(iouThresholds);
        }
        if (maxDetections != null) {
            for (int limit : maxDetections) {
                require(limit > 0, "--max-detections", limit + " is less than 1");
            }
            builder.maxDets(maxDetections);
        }
        if (classAgnostic) {
            builder.useCats(false);
        }
        if (corrected) {
            builder.corrected(true);
        }
        return builder.build();
    }

    private void require(boolean sensible, String option, String problem) {
        if (!sensible) {
            throw new ParameterException(
                    spec.commandLine(), "Invalid value for option '" + option + "': " + problem);
        }
    }
}
