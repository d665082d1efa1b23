package dev.fern.tools.export;

import java.nio.file.Path;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The options of a model in integers. */
final class Int8Options {

    /** How a model can be quantised. */
    enum Kind {
        INT8
    }

    @Option(
            names = "--quantize",
            required = true,
            paramLabel = "NAME",
            description =
                    "int8: convolutions on 8-bit integers, for models with frozen or plain batch"
                            + " norm. Needs ONNX Runtime.")
    private Kind kind;

    @Option(
            names = "--calibration-images",
            required = true,
            paramLabel = "DIR",
            description =
                    "Folder of images like those that the model is to see, best from its training"
                            + " data; the ranges of its maps are measured on at most "
                            + Int8Export.MOST_IMAGES
                            + " of them, evenly spaced.")
    private Path calibrationImages;

    @ArgGroup(exclusive = false)
    private Labelled labelled;

    /** Images to evaluate on. */
    static final class Labelled {
        @Option(
                names = "--annotations",
                required = true,
                paramLabel = "FILE",
                description =
                        "COCO instances file on which to print the AP, and the time per image in"
                                + " ONNX Runtime, in float32 and in int8.")
        private Path annotations;

        @Option(
                names = "--images",
                required = true,
                paramLabel = "DIR",
                description = "Folder of the annotated images.")
        private Path images;

        Path annotations() {
            return annotations;
        }

        Path images() {
            return images;
        }
    }

    Path calibrationImages() {
        return calibrationImages;
    }

    /** {@return the images to evaluate on; null if there are none} */
    Labelled labelled() {
        return labelled;
    }
}
