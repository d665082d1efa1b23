package dev.fern.tools.dataset;

import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OutputFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code fern dataset split}: divides the images of a COCO file, as for training and validation.
 */
@Command(
        name = "split",
        sortOptions = false,
        description = {
            "Divides the images of a COCO file into parts, each a COCO file.",
            "",
            "Each part gets its share of the images with each category, the rare ones first"
                    + " (iterative stratification). Every part has all categories; records keep"
                    + " all of their fields. The same seed gives the same parts."
        },
        footer = {
            "",
            "Example:",
            "  fern dataset split --annotations instances.json --fractions 0.8,0.2 --output parts"
        })
final class SplitCommand implements Callable<Integer> {

    private static final double SUM_TOLERANCE = 1e-6;

    @Option(
            names = "--annotations",
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file, plain or gzip.")
    private Path annotations;

    @Option(
            names = "--fractions",
            paramLabel = "X",
            split = ",",
            defaultValue = "0.8,0.2",
            description =
                    "Shares of the parts, separated by commas, which add up to 1. Default:"
                            + " ${DEFAULT-VALUE}.")
    private double[] fractions;

    @Option(
            names = "--names",
            paramLabel = "NAME",
            split = ",",
            description =
                    "Names of the parts, separated by commas. Default: train,val for two parts,"
                            + " train,val,test for three, part1,part2 and so on for more.")
    private List<String> names = List.of();

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder of the files NAME.json; it is made if it is missing.")
    private Path output;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Decides which images go where. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException, BadInputException {
        requireFractions();
        List<String> parts = partNames();
        CocoDataset dataset = CocoDataset.read(annotations);
        int[] sizes = StratifiedSplit.sizes(dataset.images().size(), fractions);
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == 0) {
                throw new BadInputException(
                        annotations
                                + ": "
                                + dataset.images().size()
                                + " images are too few for a part of "
                                + fractions[i]);
            }
        }
        Files.createDirectories(output);
        List<Path> files = parts.stream().map(name -> output.resolve(name + ".json")).toList();
        OutputFile.requireAll(files, List.of(annotations));
        int[] partOf = StratifiedSplit.of(dataset, fractions, seed);
        Map<Long, Integer> byId = new HashMap<>();
        for (int i = 0; i < partOf.length; i++) {
            byId.put(dataset.images().get(i).id(), partOf[i]);
        }
        List<CocoAnnotation> objects = dataset.annotations();
        for (int part = 0; part < files.size(); part++) {
            int wanted = part;
            CocoEdit edit =
                    new CocoEdit(
                            annotations,
                            (i, image) -> partOf[i] == wanted,
                            CocoEdit.Rule.ALL,
                            (i, object) -> byId.get(objects.get(i).imageId()) == wanted);
            CocoEdit.Counts counts = CocoEdit.write(List.of(edit), files.get(part));
            spec.commandLine().getOut().printf("%s: %s%n", files.get(part), counts).flush();
        }
        return 0;
    }

    private void requireFractions() throws BadInputException {
        double sum = 0;
        for (double fraction : fractions) {
            if (!(fraction > 0)) {
                throw new BadInputException("--fractions must be above 0, not " + fraction);
            }
            sum += fraction;
        }
        if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
            throw new BadInputException("--fractions must add up to 1, not " + sum);
        }
    }

    private List<String> partNames() throws BadInputException {
        List<String> parts = new ArrayList<>(names);
        if (parts.isEmpty() && fractions.length <= 3) {
            parts.addAll(List.of("train", "val", "test").subList(0, fractions.length));
        }
        for (int i = 1; names.isEmpty() && parts.size() < fractions.length; i++) {
            parts.add("part" + i);
        }
        if (parts.size() != fractions.length) {
            throw new BadInputException(
                    "--names has "
                            + parts.size()
                            + " names for "
                            + fractions.length
                            + " --fractions");
        }
        for (String name : parts) {
            if (!name.matches("[^/\\\\\\p{Cntrl}]+") || name.startsWith(".")) {
                throw new BadInputException("--names: \"" + name + "\" is no name of a file");
            }
        }
        return parts;
    }
}
