package dev.fern.tools.evaluate;

import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.cocoeval.IouType;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say what annotations and results files hold, and how they are read. */
@OptionSection(Section.EVALUATION)
public final class ResultsOptions {

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
            names = "--lenient",
            description =
                    "Read what pycocotools refuses or takes for something else: annotations without"
                            + " iscrowd (0) or area (that of the mask or box), iscrowd in quotes, ids"
                            + " that are strings in one place and numbers in another, detections with"
                            + " a file_name instead of an image_id, detections with masks of any kind"
                            + " instead of boxes. Detections in images that the annotations lack are"
                            + " left out.")
    private boolean lenient;

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

    /** {@return what of objects is compared} */
    public IouType iouType() {
        return iouType;
    }

    /**
     * Sets how the similarity of keypoints is measured, if the options say so.
     *
     * @param parameters receive the sigmas
     * @throws IllegalArgumentException naming the option and what is wrong with it
     */
    public void applyTo(EvaluationParameters.Builder parameters) {
        if (sigmas == null) {
            return;
        }
        String problem = null;
        if (iouType != IouType.KEYPOINTS) {
            problem = "only keypoints have sigmas; add --iou-type keypoints";
        }
        for (double sigma : sigmas) {
            if (!(sigma > 0 && Double.isFinite(sigma))) {
                problem = sigma + " is not more than 0";
            }
        }
        if (problem != null) {
            throw new IllegalArgumentException("Invalid value for option '--sigmas': " + problem);
        }
        parameters.sigmas(sigmas);
    }

    /**
     * Reads annotations and results files as the options say.
     *
     * @param annotations COCO instances file
     * @param detections COCO results files
     * @return what they hold
     * @throws IOException naming the first file that can't be read
     * @throws InterruptedException if the thread is interrupted meanwhile
     */
    public CocoFiles read(Path annotations, Path... detections)
            throws IOException, InterruptedException {
        return lenient
                ? CocoFiles.readLeniently(iouType, annotations, detections)
                : CocoFiles.read(iouType, annotations, detections);
    }
}
