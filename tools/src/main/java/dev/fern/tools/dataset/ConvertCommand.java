package dev.fern.tools.dataset;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.image.ImageFolder;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.dataset.VocConverter.Coordinates;
import dev.fern.tools.dataset.VocConverter.Difficult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code fern dataset convert}: reads the annotations of a folder in another format, Pascal VOC,
 * and writes them as one COCO instances file.
 */
@Command(
        name = "convert",
        sortOptions = false,
        description = {
            "Converts annotations of another format to a COCO instances file.",
            "",
            "Pascal VOC has one XML file per image. Corner coordinates are taken as edges"
                    + " (x = xmin, width = xmax - xmin), as the common annotation tools mean them;"
                    + " --one-based takes them as the VOC challenge defines them. Images are"
                    + " numbered from 1 in the order of the files' names, or in the order of"
                    + " --image-set."
        },
        footer = {
            "",
            "Example:",
            "  fern dataset convert --from voc --annotations Annotations \\",
            "      --image-set ImageSets/Main/train.txt --output instances_train.json"
        })
final class ConvertCommand implements Callable<Integer> {

    /** The formats that are read. */
    enum Format {
        VOC
    }

    @Option(
            names = "--from",
            required = true,
            paramLabel = "FORMAT",
            description = "Format to read: voc.")
    private Format from;

    @Option(
            names = "--annotations",
            required = true,
            paramLabel = "DIR",
            description = "Folder of the XML files.")
    private Path annotations;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file to write.")
    private Path output;

    @Option(
            names = "--image-set",
            paramLabel = "FILE",
            description =
                    "Text file that names the images to take, one per line, without extension."
                            + " Default: all images.")
    private Path imageSet;

    @Option(
            names = "--images",
            paramLabel = "DIR",
            description = "Folder of the images, to read the sizes that XML files lack.")
    private Path images;

    @Option(
            names = "--categories",
            paramLabel = "NAME",
            split = ",",
            description =
                    "Names of all categories, separated by commas; the first gets id 1. Give them"
                            + " when you convert several sets one by one, so that the ids agree. Default:"
                            + " the names that occur, in alphabetical order.")
    private List<String> categories = List.of();

    @Option(
            names = "--difficult",
            paramLabel = "WHAT",
            defaultValue = "crowd",
            description = {
                "What becomes of objects marked difficult. crowd: they become crowds, which"
                        + " are not trained on and whose detections count neither as right nor as"
                        + " wrong, as near as COCO gets to VOC's own rule; keep: they are objects like"
                        + " any other; drop: they are left out. Default: ${DEFAULT-VALUE}."
            })
    private Difficult difficult;

    @Option(
            names = "--one-based",
            description =
                    "Take coordinates as the indices of the first and last pixel, counted from 1,"
                            + " as in the VOC challenge itself: x = xmin - 1, width = xmax - xmin + 1.")
    private boolean oneBased;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException, BadInputException {
        OutputFile.require(output, Arrays.asList(imageSet));
        Optional<ImageFolder> folder =
                images == null ? Optional.empty() : Optional.of(new ImageFolder(images));
        VocConverter converter =
                new VocConverter(
                        oneBased ? Coordinates.PIXELS : Coordinates.EDGES, difficult, categories);
        CocoDataset dataset = converter.convert(annotations, Optional.ofNullable(imageSet), folder);
        dataset.write(output);
        spec.commandLine()
                .getOut()
                .printf(
                        "%s: %d images, %d annotations, %d categories%n",
                        output,
                        dataset.images().size(),
                        dataset.annotations().size(),
                        dataset.categories().size())
                .flush();
        return 0;
    }
}
