package dev.fern.tools.dataset;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.detection.anchor.AnchorGenerator;
import dev.fern.detection.anchor.AnchorParameters;
import dev.fern.detection.anchor.Matcher;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.JsonFile;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.dataset.DatasetStatistics.CategoryCount;
import dev.fern.tools.dataset.DatasetStatistics.Geometry;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code fern dataset stats}: counts the images, boxes and categories of a COCO instances file and
 * describes the sizes of boxes, on request also as the network sees them, with the fit of anchors.
 * Prints tables and writes the numbers as JSON where that is asked for.
 */
@Command(
        name = "stats",
        sortOptions = false,
        description = {
            "Describes a data set: images, boxes, categories, box sizes and aspect" + " ratios.",
            "",
            "Boxes are those that a detector is trained on; crowds and boxes of zero area"
                    + " are counted apart. Areas are the annotations' own, in COCO's ranges (small"
                    + " up to 32 x 32 pixels, large from 96 x 96). With --min-size and --max-size"
                    + " it also prints box sizes as the network sees them, after resizing, and"
                    + " counts boxes by their best overlap with an anchor: boxes below 0.4 are"
                    + " hardly learned."
        },
        footer = {
            "",
            "Example:",
            "  fern dataset stats --annotations instances_train.json \\",
            "                     --min-size 240 --max-size 320 --suggest-anchors"
        })
final class StatsCommand implements Callable<Integer> {

    private static final List<String> ANCHOR_OPTIONS =
            List.of("--anchor-sizes", "--anchor-scales", "--anchor-ratios");

    @Option(
            names = "--annotations",
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file, plain or gzip.")
    private Path annotations;

    @Option(
            names = "--min-size",
            paramLabel = "N",
            description =
                    "Length in pixels to which the shorter side of an image is resized. Needs"
                            + " --max-size.")
    private Integer minSize;

    @Option(
            names = "--max-size",
            paramLabel = "N",
            description =
                    "Largest length in pixels of the longer side of a resized image. Needs"
                            + " --min-size.")
    private Integer maxSize;

    @Option(
            names = "--anchor-sizes",
            split = ",",
            paramLabel = "X",
            description =
                    "Side of the smallest anchor of each of the five pyramid levels, in pixels of"
                            + " the resized image. Default: 32,64,128,256,512.")
    private List<Double> anchorSizes = AnchorParameters.retinaNet().sizes();

    @Option(
            names = "--anchor-scales",
            split = ",",
            paramLabel = "X",
            description =
                    "Factors on the sides of --anchor-sizes, one anchor per factor. Default: 1,"
                            + " 2^(1/3), 2^(2/3).")
    private List<Double> anchorScales = AnchorParameters.retinaNet().scales();

    @Option(
            names = "--anchor-ratios",
            split = ",",
            paramLabel = "X",
            description = "Ratios of height to width of the anchors. Default: 0.5,1,2.")
    private List<Double> anchorRatios = AnchorParameters.retinaNet().aspectRatios();

    @Option(
            names = "--suggest-anchors",
            description =
                    "Look for anchors that match more boxes than those of --anchor-sizes,"
                            + " --anchor-scales and --anchor-ratios, by k-means on the boxes as the"
                            + " network sees them, and print them as settings of fern train, with"
                            + " the share of boxes that both match. Without --min-size and"
                            + " --max-size, the network sees what fern train shows it: 480 and"
                            + " 640 pixels.")
    private boolean suggestAnchors;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the numbers as JSON.")
    private Path json;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException, BadInputException {
        OutputFile.require(json, List.of(annotations));
        Optional<CanvasRule> rule = rule();
        CocoDataset dataset = CocoDataset.read(annotations);
        if (rule.isPresent()) {
            requireSizes(dataset);
        }
        DatasetStatistics statistics = DatasetStatistics.of(dataset, rule);
        print(statistics);
        AnchorCoverage coverage = null;
        AnchorSuggestion suggestion = null;
        if (rule.isPresent()) {
            coverage = AnchorCoverage.of(dataset, rule.get(), anchors(), Matcher.retinaNet());
            print(coverage);
        }
        if (suggestAnchors) {
            if (statistics.boxes() == 0) {
                throw new BadInputException(annotations + ": has no box to suggest anchors for");
            }
            suggestion =
                    AnchorSuggestion.of(
                            dataset, rule.get(), anchors().parameters(), Matcher.retinaNet());
            suggestion.print(spec.commandLine().getOut(), Matcher.retinaNet());
        }
        if (json != null) {
            Gson gson =
                    new GsonBuilder()
                            .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
                            .create();
            JsonObject numbers = gson.toJsonTree(statistics).getAsJsonObject();
            if (coverage != null) {
                numbers.add("anchors", gson.toJsonTree(coverage));
            }
            if (suggestion != null) {
                numbers.add("anchor_suggestion", gson.toJsonTree(suggestion));
            }
            JsonFile.write(json, numbers);
        }
        return 0;
    }

    private AnchorGenerator anchors() {
        try {
            return new AnchorGenerator(
                    new AnchorParameters(
                            anchorSizes,
                            anchorScales,
                            anchorRatios,
                            AnchorParameters.Rounding.TORCHVISION));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private Optional<CanvasRule> rule() {
        if (minSize == null && maxSize == null) {
            for (String option : ANCHOR_OPTIONS) {
                if (!suggestAnchors
                        && spec.commandLine().getParseResult().hasMatchedOption(option)) {
                    throw new ParameterException(
                            spec.commandLine(),
                            option + " needs --min-size and --max-size, or --suggest-anchors");
                }
            }
            return suggestAnchors
                    ? Optional.of(TrainingConfiguration.of(List.of()).images().canvasRule())
                    : Optional.empty();
        }
        if (minSize == null || maxSize == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--min-size and --max-size need each other; give both or neither");
        }
        try {
            return Optional.of(new CanvasRule(minSize, maxSize));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void requireSizes(CocoDataset dataset) throws CocoFormatException {
        for (CocoImage image : dataset.images()) {
            if (image.width() <= 0 || image.height() <= 0) {
                throw new CocoFormatException(
                        annotations.toString(),
                        "images (id " + dataset.idText(image.id()) + ")",
                        -1,
                        "the image's size is not given; leave out --min-size and --max-size");
            }
        }
    }

    private void print(DatasetStatistics statistics) {
        PrintWriter out = spec.commandLine().getOut();
        row(out, "images", statistics.images());
        row(out, "  without boxes", statistics.emptyImages());
        row(out, "boxes", statistics.boxes());
        row(out, "  small", statistics.areas().small());
        row(out, "  medium", statistics.areas().medium());
        row(out, "  large", statistics.areas().large());
        row(out, "crowds", statistics.crowds());
        row(out, "boxes of zero area", statistics.zeroAreaBoxes());
        printCategories(out, statistics.categories());
        out.printf(
                "%n%-28s%9s%9s%9s%9s%9s%9s%9s%9s%n",
                "", "min", "5%", "25%", "50%", "75%", "95%", "max", "mean");
        row(out, "boxes per image", statistics.boxesPerImage());
        print(out, "", statistics.pixels());
        if (statistics.canvas() != null) {
            print(out, "network ", statistics.canvas().pixels());
            out.println();
            statistics
                    .canvas()
                    .sizes()
                    .forEach((size, images) -> row(out, "images on " + size, images));
        }
        out.flush();
    }

    private void print(AnchorCoverage coverage) {
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                "%n%-28s%9s%9s%9s%9s%n",
                "best anchor of a box", ">= 0.5", "0.4-0.5", "< 0.4", "median");
        for (AnchorCoverage.Category category : coverage.categories()) {
            out.printf(
                    Locale.ROOT,
                    "%-28s%9d%9d%9d%9.2f%n",
                    category.name().replaceAll("\\p{C}", "?"),
                    category.matched(),
                    category.ambiguous(),
                    category.missed(),
                    category.medianIou());
        }
        out.flush();
    }

    private static void printCategories(PrintWriter out, List<CategoryCount> categories) {
        out.printf("%n%12s  %-24s%9s%9s%9s%n", "category id", "name", "boxes", "images", "crowds");
        for (CategoryCount category : categories) {
            out.printf(
                    "%12d  %-24s%9d%9d%9d%n",
                    category.id(),
                    category.name().replaceAll("\\p{C}", "?"),
                    category.boxes(),
                    category.images(),
                    category.crowds());
        }
    }

    private static void print(PrintWriter out, String prefix, Geometry geometry) {
        if (geometry != null) {
            row(out, prefix + "width", geometry.width());
            row(out, prefix + "height", geometry.height());
            row(out, prefix + "sqrt(width*height)", geometry.side());
            row(out, prefix + "height/width", geometry.aspectRatio());
        }
    }

    private static void row(PrintWriter out, String label, int count) {
        out.printf("%-28s%9d%n", label, count);
    }

    private static void row(PrintWriter out, String label, Distribution values) {
        if (values != null) {
            out.printf(
                    Locale.ROOT,
                    "%-28s%9.2f%9.2f%9.2f%9.2f%9.2f%9.2f%9.2f%9.2f%n",
                    label,
                    values.min(),
                    values.p5(),
                    values.p25(),
                    values.median(),
                    values.p75(),
                    values.p95(),
                    values.max(),
                    values.mean());
        }
    }
}
