package dev.fern.tools.evaluate;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.IouType;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The options that say what to evaluate, for the commands that evaluate detections. */
@OptionSection(Section.EVALUATION)
public final class EvaluationOptions {

    @Option(
            names = "--iou-type",
            paramLabel = "box|segm|keypoints",
            defaultValue = "box",
            converter = IouTypeConverter.class,
            description =
                    "What is compared: boxes or masks by intersection over union, or keypoints by"
                            + " object keypoint similarity, each as pycocotools does. Default:"
                            + " ${DEFAULT-VALUE}.")
    private IouType iouType = IouType.BOX;

    @Option(
            names = "--sigmas",
            split = ",",
            paramLabel = "X",
            description =
                    "How far each keypoint is usually misplaced in proportion to the object, one"
                            + " number per keypoint or a single one for all. Default: COCO's 17 of a"
                            + " person.")
    private List<Double> sigmas;

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

    @Option(
            names = "--lenient",
            description =
                    "Read what pycocotools refuses or takes for something else: annotations without"
                            + " iscrowd (0) or area (that of the mask or box), iscrowd in quotes, ids"
                            + " that are strings in one place and numbers in another, detections with"
                            + " a file_name instead of an image_id, detections with masks of any kind"
                            + " instead of boxes. Detections in images that the annotations lack are"
                            + " left out.")
    private boolean lenient;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    /** Finds types by the names that users give. */
    private static final class IouTypeConverter implements ITypeConverter<IouType> {
        @Override
        public IouType convert(String name) {
            return IouType.named(name)
                    .orElseThrow(
                            () ->
                                    new TypeConversionException(
                                            "'" + name + "' is none of box, segm and keypoints"));
        }
    }

    /** Returns what of objects is compared. */
    IouType iouType() {
        return iouType;
    }

    /** Reads annotations and results files as the options say. */
    CocoFiles read(Path annotations, Path... detections) throws IOException, InterruptedException {
        return lenient
                ? CocoFiles.readLeniently(iouType, annotations, detections)
                : CocoFiles.read(iouType, annotations, detections);
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
                        ? EvaluationParameters.defaults(iouType)
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
        if (sigmas != null) {
            require(
                    iouType == IouType.KEYPOINTS,
                    "--sigmas",
                    "only keypoints have sigmas; add --iou-type keypoints");
            for (double sigma : sigmas) {
                require(
                        sigma > 0 && Double.isFinite(sigma),
                        "--sigmas",
                        sigma + " is not more than 0");
            }
            builder.sigmas(sigmas);
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
