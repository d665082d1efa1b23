package dev.fern.tools.dataset;

import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotationReader;
import dev.fern.tools.annotation.AnnotationWriter;
import dev.fern.tools.annotation.ImageHeaders;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.console.OutputFolder;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.format.CocoFileReader;
import dev.fern.tools.format.CocoFileWriter;
import dev.fern.tools.format.CvatReader;
import dev.fern.tools.format.CvatWriter;
import dev.fern.tools.format.LabelmeReader;
import dev.fern.tools.format.LabelmeWriter;
import dev.fern.tools.format.TableReader;
import dev.fern.tools.format.TableReader.Units;
import dev.fern.tools.format.TableWriter;
import dev.fern.tools.format.VocReader;
import dev.fern.tools.format.VocReader.Coordinates;
import dev.fern.tools.format.VocReader.Difficult;
import dev.fern.tools.format.VocWriter;
import dev.fern.tools.format.YoloReader;
import dev.fern.tools.format.YoloWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code fern dataset convert}: makes annotations of one format of those of another. */
@Command(
        name = "convert",
        sortOptions = false,
        description = {
            "Converts annotations from one format to another. Images are not copied.",
            "",
            "coco: one JSON file. Label Studio's export is read too: of a path of an upload the"
                    + " last part counts.",
            "voc: a folder of XML files, one per image. Coordinates are edges (x = xmin, width ="
                    + " xmax - xmin), as the common tools mean them; --one-based takes them as the"
                    + " VOC challenge defines them.",
            "yolo: data.yaml, or a folder with classes.txt; polygons become boxes. Fractions are"
                    + " written with ten decimals.",
            "labelme: a folder of JSON files, one per image.",
            "cvat: one XML file, \"CVAT for images 1.1\".",
            "csv: a table with one box per row and, most often, a header. Open Images' tables and"
                    + " those of keras-retinanet (path,x1,y1,x2,y2,class) are known.",
            "",
            "A conversion and its way back give all boxes again to a thousandth of a pixel. COCO"
                    + " and labelme keep every digit, VOC, CVAT and CSV six decimals. YOLO has no"
                    + " crowds: they become objects, and a line says how many. Images and"
                    + " categories are numbered from 1 in the order of the files."
        },
        footer = {
            "",
            "Examples:",
            "  fern dataset convert --from voc --annotations Annotations \\",
            "      --image-set ImageSets/Main/train.txt --output instances_train.json",
            "  fern dataset convert --from yolo --annotations data.yaml --split val \\",
            "      --output instances_val.json",
            "  fern dataset convert --from coco --annotations instances.json --to yolo \\",
            "      --output yolo",
            "  fern dataset convert --from csv --annotations boxes.csv \\",
            "      --columns image=photo,category=kind,x=left,y=top,width=w,height=h \\",
            "      --output instances.json"
        })
final class ConvertCommand implements Callable<Integer> {

    private static final List<String> SPLITS = List.of("train", "val", "test");

    /** The formats, in the order of the help. */
    enum Format {
        COCO,
        VOC,
        YOLO,
        LABELME,
        CVAT,
        CSV;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = "--from",
            required = true,
            paramLabel = "FORMAT",
            description = "Format to read: ${COMPLETION-CANDIDATES}.")
    private Format from;

    @Option(
            names = "--annotations",
            required = true,
            paramLabel = "PATH",
            description = "File or folder of the annotations.")
    private Path annotations;

    @Option(
            names = "--to",
            paramLabel = "FORMAT",
            defaultValue = "coco",
            description = "Format to write: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Format to;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "PATH",
            description =
                    "File to write (coco, cvat, csv), or folder, missing or empty (voc, yolo,"
                            + " labelme).")
    private Path output;

    @Option(
            names = "--images",
            paramLabel = "DIR",
            description =
                    "Folder of the images, to read the sizes that annotations lack, and to find"
                            + " the files that names with other folders mean.")
    private Path images;

    @Option(
            names = "--categories",
            paramLabel = "NAME",
            split = ",",
            description =
                    "Names of all categories, separated by commas; the first gets id 1. Give them"
                            + " when you convert several sets one by one, so that the ids agree. Default:"
                            + " those that the format declares, or the names that occur, in"
                            + " alphabetical order.")
    private List<String> categories = List.of();

    @Option(
            names = "--image-set",
            paramLabel = "FILE",
            description =
                    "voc: text file that names the images to take, one per line, without"
                            + " extension. Default: all images.")
    private Path imageSet;

    @Option(
            names = "--difficult",
            paramLabel = "WHAT",
            defaultValue = "crowd",
            description = {
                "voc: what becomes of objects marked difficult. crowd: they become crowds, which"
                        + " are not trained on and whose detections count neither as right nor as"
                        + " wrong, as near as COCO gets to VOC's own rule; keep: they are objects like"
                        + " any other; drop: they are left out. Default: ${DEFAULT-VALUE}."
            })
    private Difficult difficult;

    @Option(
            names = "--one-based",
            description =
                    "voc: take and write coordinates as the indices of the first and last pixel,"
                            + " counted from 1, as in the VOC challenge itself: x = xmin - 1,"
                            + " width = xmax - xmin + 1.")
    private boolean oneBased;

    @Option(
            names = "--split",
            paramLabel = "NAME",
            description =
                    "yolo: the split to read or write: train, val or test. Default: read all,"
                            + " write train.")
    private String split;

    @Option(
            names = "--columns",
            paramLabel = "FIELD=COLUMN",
            split = ",",
            description =
                    "csv: the columns, by their names or by their numbers from 1. Fields: image,"
                            + " category; xmin, ymin, xmax, ymax, or x, y, width, height;"
                            + " image-width, image-height; crowd. Default: the usual names.")
    private Map<String, String> columns = new LinkedHashMap<>();

    @Option(
            names = "--units",
            paramLabel = "UNIT",
            defaultValue = "auto",
            description =
                    "csv: pixels, fractions of the image's size, or auto: fractions if no number"
                            + " exceeds 1. Default: ${DEFAULT-VALUE}.")
    private Units units;

    @Option(
            names = "--class-descriptions",
            paramLabel = "FILE",
            description =
                    "csv: table of the names of categories without a header, as Open Images has"
                            + " it: /m/01g317,Person.")
    private Path classDescriptions;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException, BadInputException {
        requireFitting();
        AnnotationWriter writer = writer();
        if (writer.writesFolder()) {
            OutputFolder.requireFree(output);
        } else {
            OutputFile.require(output, Arrays.asList(annotations, imageSet, classDescriptions));
        }
        Optional<ImageHeaders> folder =
                images == null ? Optional.empty() : Optional.of(new ImageHeaders(images));
        AnnotatedDataset dataset = reader(folder).read();
        if (!categories.isEmpty()) {
            dataset = dataset.withCategories(categories);
        }
        if (folder.isPresent()) {
            dataset = dataset.withSizes(folder.get());
        }
        writer.write(dataset, output);
        tell(dataset);
        return 0;
    }

    /** Refuses options of formats that take no part. */
    private void requireFitting() {
        requireFormat("--image-set", imageSet != null, from == Format.VOC, Format.VOC);
        requireFormat("--one-based", oneBased, takesPart(Format.VOC), Format.VOC);
        requireFormat("--difficult", difficult != Difficult.CROWD, from == Format.VOC, Format.VOC);
        requireFormat("--split", split != null, takesPart(Format.YOLO), Format.YOLO);
        requireFormat("--columns", !columns.isEmpty(), from == Format.CSV, Format.CSV);
        requireFormat("--units", units != Units.AUTO, from == Format.CSV, Format.CSV);
        requireFormat(
                "--class-descriptions", classDescriptions != null, from == Format.CSV, Format.CSV);
        if (split != null && !SPLITS.contains(split)) {
            throw new ParameterException(
                    spec.commandLine(), "--split must be one of " + SPLITS + ", not " + split);
        }
    }

    private boolean takesPart(Format format) {
        return from == format || to == format;
    }

    private void requireFormat(String option, boolean given, boolean fits, Format format) {
        if (given && !fits) {
            throw new ParameterException(
                    spec.commandLine(), option + " is for " + format + " alone");
        }
    }

    private AnnotationReader reader(Optional<ImageHeaders> folder)
            throws IOException, BadInputException {
        return switch (from) {
            case COCO -> new CocoFileReader(annotations, folder);
            case VOC ->
                    new VocReader(
                            annotations,
                            Optional.ofNullable(imageSet),
                            folder,
                            coordinates(),
                            difficult);
            case YOLO -> new YoloReader(annotations, folder, Optional.ofNullable(split));
            case LABELME -> new LabelmeReader(annotations, folder);
            case CVAT -> new CvatReader(annotations, folder);
            case CSV -> table(folder);
        };
    }

    private TableReader table(Optional<ImageHeaders> folder) throws IOException, BadInputException {
        Map<String, String> names =
                classDescriptions == null ? Map.of() : TableReader.names(classDescriptions);
        try {
            return new TableReader(annotations, folder, columns, units, names);
        } catch (IllegalArgumentException e) {
            throw new BadInputException("--columns: " + e.getMessage(), e);
        }
    }

    private AnnotationWriter writer() {
        return switch (to) {
            case COCO -> new CocoFileWriter();
            case VOC -> new VocWriter(coordinates());
            case YOLO -> new YoloWriter(split());
            case LABELME -> new LabelmeWriter();
            case CVAT -> new CvatWriter();
            case CSV -> new TableWriter();
        };
    }

    /** Returns the split to write. */
    private String split() {
        return split == null ? SPLITS.get(0) : split;
    }

    private Coordinates coordinates() {
        return oneBased ? Coordinates.PIXELS : Coordinates.EDGES;
    }

    private void tell(AnnotatedDataset dataset) {
        PrintWriter err = spec.commandLine().getErr();
        dataset.notes().forEach(note -> err.println(VisibleText.of(note)));
        long crowds = dataset.crowdCount();
        if (to == Format.YOLO && crowds > 0) {
            err.printf("%d crowds became objects, since YOLO has no crowds%n", crowds);
        }
        if (to == Format.YOLO) {
            err.printf(
                    "the images belong into %s; data.yaml names them for train and val, which"
                            + " YOLO asks for%n",
                    output.resolve("images").resolve(split()));
        }
        err.flush();
        spec.commandLine()
                .getOut()
                .printf(
                        "%s: %d images, %d annotations, %d categories%n",
                        output,
                        dataset.images().size(),
                        dataset.objectCount(),
                        dataset.categories().size())
                .flush();
    }
}
