package dev.fern.tools.dataset;

import static dev.fern.cocoeval.CocoProblem.Severity.ERROR;
import static dev.fern.cocoeval.CocoProblem.Severity.WARNING;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoProblem;
import dev.fern.cocoeval.CocoValidator;
import dev.fern.detection.image.ImageFolder;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.CountProgress;
import dev.fern.tools.input.ImageOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code fern dataset check}: validates a COCO instances file and, where a folder is given, looks
 * at its images. Prints one line per problem and a summary; writes nothing.
 */
@Command(
        name = "check",
        sortOptions = false,
        description = {
            "Checks whether a data set is fit for training.",
            "",
            "Prints one line per problem, errors first, and a summary. fern train refuses a data"
                    + " set with errors: ids that come twice, annotations of unknown images or"
                    + " categories, boxes that are not four finite numbers, images that are"
                    + " missing, unreadable or of another size. It accepts one with warnings: boxes"
                    + " outside the image or of zero area, areas that disagree with the box, unused"
                    + " categories, ids that are 0 or above 2^53, boxes that seem to be fractions or"
                    + " corners, no boxes at all."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:No errors, perhaps warnings.",
            "2:Errors, or a file that can't be read."
        },
        footer = {
            "",
            "Example:",
            "  fern dataset check --annotations instances_train.json --images train"
        })
final class CheckCommand implements Callable<Integer> {

    /** Errors, then what is wrong with the whole file: many single faults would hide them. */
    private static final Comparator<CocoProblem> MOST_TELLING_FIRST =
            Comparator.comparing((CocoProblem problem) -> problem.severity() != ERROR)
                    .thenComparing(problem -> !problem.path().isEmpty());

    private static final List<String> IMAGE_OPTIONS =
            List.of("--decode", "--orientation", "--max-pixels");

    @Option(
            names = "--annotations",
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file, plain or gzip.")
    private Path annotations;

    @Option(
            names = "--images",
            paramLabel = "DIR",
            description =
                    "Folder of the images. If it is given, the header of each image is read and its"
                            + " size compared with the annotations.")
    private Path images;

    @Option(
            names = "--decode",
            description =
                    "Also decode the pixels of each image, which finds damaged files and takes"
                            + " minutes for a large data set.")
    private boolean decode;

    @Mixin private ImageOptions imageOptions;

    @Option(
            names = "--max-lines",
            paramLabel = "N",
            defaultValue = "200",
            description =
                    "Largest number of problems to print; the summary counts all of them."
                            + " Default: ${DEFAULT-VALUE}.")
    private int maxLines;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException, BadInputException {
        for (String option : images == null ? IMAGE_OPTIONS : List.<String>of()) {
            if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
                throw new ParameterException(
                        spec.commandLine(),
                        option + " needs the folder of the images, --images DIR");
            }
        }
        if (maxLines < 0) {
            throw new ParameterException(
                    spec.commandLine(), "--max-lines must be at least 0, not " + maxLines);
        }
        List<CocoProblem> problems = new ArrayList<>(CocoValidator.check(annotations));
        boolean readable = errors(problems) == 0;
        if (readable && images != null) {
            problems.addAll(imageProblems());
        }
        print(problems, readable);
        return errors(problems) == 0 ? 0 : 2;
    }

    private List<CocoProblem> imageProblems() throws IOException, BadInputException {
        ImageFolder folder = new ImageFolder(images);
        ImageFileCheck.Result result =
                look(new ImageFileCheck(folder, imageOptions.reader(), decode));
        List<CocoProblem> problems = new ArrayList<>(result.problems());
        String turned = result.orientations().text("images");
        if (result.orientations().undecided() > 0) {
            problems.add(new CocoProblem(WARNING, "", -1, turned));
        } else if (!turned.isEmpty()) {
            spec.commandLine().getOut().println(turned);
        }
        folder.note().ifPresent(note -> problems.add(new CocoProblem(WARNING, "", -1, note)));
        return problems;
    }

    private ImageFileCheck.Result look(ImageFileCheck check) throws IOException {
        CocoDataset dataset = CocoDataset.read(annotations);
        try (CountProgress progress = new CountProgress("images", dataset.images().size())) {
            AtomicInteger done = new AtomicInteger();
            return check.check(dataset, () -> progress.at(done.incrementAndGet()));
        }
    }

    private void print(List<CocoProblem> problems, boolean readable) {
        PrintWriter out = spec.commandLine().getOut();
        problems.stream()
                .sorted(MOST_TELLING_FIRST)
                .limit(maxLines)
                .forEach(
                        problem ->
                                out.println(
                                        (problem.severity() == ERROR ? "error: " : "warning: ")
                                                + problem));
        if (problems.size() > maxLines) {
            out.printf("and %d more; --max-lines shows them%n", problems.size() - maxLines);
        }
        if (!readable && images != null) {
            out.println("The images were not checked because of the errors above.");
        }
        if (readable && images != null && !decode) {
            out.println(
                    "Only the headers of the images were read; --decode reads their pixels too.");
        }
        out.printf(
                "%s: %d errors, %d warnings%n",
                annotations, errors(problems), problems.size() - errors(problems));
        out.flush();
    }

    private static long errors(List<CocoProblem> problems) {
        return problems.stream().filter(problem -> problem.severity() == ERROR).count();
    }
}
