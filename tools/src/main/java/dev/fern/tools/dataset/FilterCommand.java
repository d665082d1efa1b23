package dev.fern.tools.dataset;

import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OutputFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fern dataset filter}: takes some categories, sizes of boxes and images of a COCO file. */
@Command(
        name = "filter",
        sortOptions = false,
        description = {
            "Takes some of the objects of a COCO file, and writes them as another.",
            "",
            "An object has to meet all conditions that are given. Images that lose all of their"
                    + " objects stay, as background, unless --drop-empty-images is given. Records"
                    + " keep their ids and all of their fields."
        },
        footer = {
            "",
            "Example:",
            "  fern dataset filter --annotations instances.json --category person \\",
            "      --category \"traffic light\" --min-width 8 --min-height 8 --output some.json"
        })
final class FilterCommand implements Callable<Integer> {

    @Option(
            names = "--annotations",
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file, plain or gzip.")
    private Path annotations;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file to write.")
    private Path output;

    @Option(
            names = "--category",
            paramLabel = "NAME",
            description =
                    "Take objects of this category, and no other category; may be given several"
                            + " times. Default: all categories.")
    private List<String> wanted = List.of();

    @Option(
            names = "--without-category",
            paramLabel = "NAME",
            description = "Leave out this category; may be given several times.")
    private List<String> unwanted = List.of();

    @Option(
            names = "--min-width",
            paramLabel = "PIXELS",
            defaultValue = "0",
            description = "Least width of a box. Default: ${DEFAULT-VALUE}.")
    private double minWidth;

    @Option(
            names = "--min-height",
            paramLabel = "PIXELS",
            defaultValue = "0",
            description = "Least height of a box. Default: ${DEFAULT-VALUE}.")
    private double minHeight;

    @Option(
            names = "--min-area",
            paramLabel = "PIXELS",
            defaultValue = "0",
            description = "Least width times height of a box. Default: ${DEFAULT-VALUE}.")
    private double minArea;

    @Option(
            names = "--max-area",
            paramLabel = "PIXELS",
            defaultValue = "Infinity",
            description = "Largest width times height of a box. Default: no limit.")
    private double maxArea;

    @Option(
            names = "--drop-empty-images",
            description = "Leave out images without objects, also those that had none before.")
    private boolean dropEmptyImages;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException, BadInputException {
        OutputFile.require(output, List.of(annotations));
        CocoDataset dataset = CocoDataset.read(annotations);
        Set<String> categories = categories(dataset);
        Map<Long, String> names = new HashMap<>();
        dataset.categories().forEach(category -> names.put(category.id(), category.name()));
        List<CocoAnnotation> objects = dataset.annotations();
        Set<Long> used = new HashSet<>();
        boolean[] taken = new boolean[objects.size()];
        for (int i = 0; i < taken.length; i++) {
            CocoAnnotation object = objects.get(i);
            taken[i] = categories.contains(names.get(object.categoryId())) && fits(object);
            if (taken[i]) {
                used.add(object.imageId());
            }
        }
        CocoEdit edit =
                new CocoEdit(
                        annotations,
                        (i, image) ->
                                !dropEmptyImages || used.contains(dataset.images().get(i).id()),
                        (i, category) -> categories.contains(category.get("name").getAsString()),
                        (i, object) -> taken[i]);
        CocoEdit.Counts counts = CocoEdit.write(List.of(edit), output);
        spec.commandLine()
                .getOut()
                .printf(
                        "%s: %s; of %d images, %d annotations, %d categories%n",
                        output,
                        counts,
                        dataset.images().size(),
                        objects.size(),
                        dataset.categories().size())
                .flush();
        return 0;
    }

    private Set<String> categories(CocoDataset dataset) throws BadInputException {
        Set<String> all = new HashSet<>();
        for (CocoCategory category : dataset.categories()) {
            all.add(category.name());
        }
        CategoryNames.requireKnown(annotations, dataset, wanted);
        CategoryNames.requireKnown(annotations, dataset, unwanted);
        if (!wanted.isEmpty()) {
            all.retainAll(wanted);
        }
        all.removeAll(unwanted);
        if (all.isEmpty()) {
            throw new BadInputException("no category is left; give other names");
        }
        return all;
    }

    private boolean fits(CocoAnnotation object) {
        double area = object.box().area();
        return object.box().width() >= minWidth
                && object.box().height() >= minHeight
                && area >= minArea
                && area <= maxArea;
    }
}
