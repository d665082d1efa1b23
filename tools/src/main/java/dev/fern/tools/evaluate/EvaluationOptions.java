package dev.fern.tools.evaluate;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.IouType;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say what to evaluate, for the commands that evaluate detections. */
@OptionSection(Section.EVALUATION)
public final class EvaluationOptions {

    @Mixin private ResultsOptions results;

    @Option(
            names = "--iou-thresholds",
            split = ",",
            paramLabel = "X",
            description = "IoU thresholds, each 0 to 1. Default: 0.5 to 0.95 in steps of 0.05.")
    private List<Double> iouThresholds;

    @Option(
            names = "--max-detections",
            split = ",",
            paramLabel = "N",
            description =
                    "Largest numbers of detections that count per image and category, by falling"
                            + " score. Default: 1,10,100; 20 for keypoints.")
    private List<Integer> maxDetections;

    @Option(names = "--class-agnostic", description = "Treat all categories as one.")
    private boolean classAgnostic;

    @Option(
            names = "--parameters",
            paramLabel = "FILE",
            description =
                    "JSON file of pycocotools' parameters: imgIds, catIds, iouThrs, recThrs,"
                            + " maxDets, areaRng, areaRngLbl, useCats, kpt_oks_sigmas. The other options"
                            + " override it.")
    private Path parameters;

    @Option(
            names = "--corrected",
            description =
                    "Mend known faults of pycocotools: matches with annotation id 0 count,"
                            + " annotations that share an id count each, 'ignore' is heeded, an empty"
                            + " results file scores 0, and the headline AP is taken at the largest"
                            + " limit.")
    private boolean corrected;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    /** Returns what of objects is compared. */
    IouType iouType() {
        return results.iouType();
    }

    /** Reads annotations and results files as the options say. */
    CocoFiles read(Path annotations, Path... detections) throws IOException, InterruptedException {
        return results.read(annotations, detections);
    }

    /** {@return the file of parameters, or null if none is given} */
    public Path file() {
        return parameters;
    }

    /**
     * Returns what to evaluate. The values of options are checked; those of a file are taken as
     * they are, as pycocotools takes them.
     *
     * @param dataset the annotations, whose ids the file may name
     * @return the parameters
     * @throws ParameterException if an option is out of its range
     * @throws IOException if the file of parameters can't be read or used
     */
    public EvaluationParameters parameters(CocoDataset dataset) throws IOException {
        EvaluationParameters base =
                parameters == null
                        ? EvaluationParameters.defaults(iouType())
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
        try {
            results.applyTo(builder);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
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
