package dev.fern.tools.dataset;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OutputFolder;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code fern dataset synthesize}: makes a COCO data set of coloured shapes, writes its images and
 * annotation files, and prints one line per split.
 */
@Command(
        name = "synthesize",
        sortOptions = false,
        description = {
            "Makes a COCO data set of coloured shapes on textured backgrounds.",
            "",
            "The pictures show ellipses, rectangles, triangles, stars and crosses, small"
                    + " to large and overlapping; some show crowds, some no objects. Writes the"
                    + " folders DIR/train and DIR/val and the files"
                    + " DIR/annotations/instances_train.json and instances_val.json. The same"
                    + " options give the same files."
        },
        footer = {
            "",
            "Example:",
            "  fern dataset synthesize --output shapes --train-images 500 --val-images 100"
        })
final class SynthesizeCommand implements Callable<Integer> {

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder to make. If it is there, it must be empty.")
    private Path output;

    @Option(
            names = "--train-images",
            paramLabel = "N",
            defaultValue = "400",
            description = "Number of pictures to train on. Default: ${DEFAULT-VALUE}.")
    private int trainImages;

    @Option(
            names = "--val-images",
            paramLabel = "N",
            defaultValue = "100",
            description = "Number of pictures to validate with. Default: ${DEFAULT-VALUE}.")
    private int valImages;

    @Option(
            names = "--width",
            paramLabel = "N",
            defaultValue = "256",
            description = "Width of the pictures in pixels, 64 to 4096. Default: ${DEFAULT-VALUE}.")
    private int width;

    @Option(
            names = "--height",
            paramLabel = "N",
            defaultValue = "192",
            description =
                    "Height of the pictures in pixels, 64 to 4096. Default: ${DEFAULT-VALUE}.")
    private int height;

    @Option(
            names = "--sizes",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Number of different sizes of the pictures. Beside --width x --height they"
                            + " have half to one and a half times as many pixels, and are half to"
                            + " twice as wide for their height. Default: ${DEFAULT-VALUE}.")
    private int sizes;

    @Option(
            names = "--objects",
            paramLabel = "MIN-MAX",
            defaultValue = "1-17",
            converter = IntRange.Converter.class,
            description =
                    "Number of objects of a picture, as far as they have room; one picture in"
                            + " twenty has none. Default: ${DEFAULT-VALUE}.")
    private IntRange objects;

    @Option(
            names = "--object-sizes",
            paramLabel = "MIN-MAX",
            converter = IntRange.Converter.class,
            description =
                    "Sides of the objects in pixels. Default: small, medium and large objects by"
                            + " COCO's area ranges, equally often.")
    private IntRange objectSizes;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seed of the random numbers. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException, BadInputException {
        if (trainImages < 0 || valImages < 0) {
            throw new ParameterException(
                    spec.commandLine(), "--train-images and --val-images can't be negative");
        }
        ShapesSynthesizer synthesizer;
        try {
            synthesizer =
                    new ShapesSynthesizer(
                            width, height, sizes, objects, Optional.ofNullable(objectSizes), seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
        OutputFolder.requireFree(output);
        write(synthesizer, Split.TRAIN, trainImages);
        write(synthesizer, Split.VAL, valImages);
        return 0;
    }

    private void write(ShapesSynthesizer synthesizer, Split split, int images) throws IOException {
        CocoDataset dataset = synthesizer.write(output, split, images);
        spec.commandLine()
                .getOut()
                .printf(
                        "%s: %d images, %d objects%n",
                        output.resolve(split.label()), images, dataset.annotations().size())
                .flush();
    }
}
