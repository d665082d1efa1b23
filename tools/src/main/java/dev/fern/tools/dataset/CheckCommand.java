package dev.fern.tools.dataset;

import static dev.fern.cocoeval.CocoProblem.Severity.ERROR;
import static dev.fern.cocoeval.CocoProblem.Severity.WARNING;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoProblem;
import dev.fern.cocoeval.CocoValidator;
import dev.fern.detection.image.ImageFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code fern dataset check}: validates a COCO instances file and, where a folder is given, decodes
 * its images. Prints one line per problem and a summary; writes nothing.
 */
@Command(
        name = "check",
        sortOptions = false,
        description = {
            "Checks whether a data set is fit for training.",
            "",
            "Prints one line per problem and a summary. fern train refuses a data set"
                    + " with errors: ids that come twice, annotations of unknown images or"
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
                    "Folder of the images. If it is given, each image is decoded and its size"
                            + " compared with the annotations.")
    private Path images;

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
    public Integer call() throws IOException {
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

    private List<CocoProblem> imageProblems() throws IOException {
        ImageFolder folder = new ImageFolder(images);
        List<CocoProblem> problems = new ArrayList<>(decode(new ImageFileCheck(folder)));
        folder.note().ifPresent(note -> problems.add(new CocoProblem(WARNING, "", -1, note)));
        return problems;
    }

    private List<CocoProblem> decode(ImageFileCheck check) throws IOException {
        CocoDataset dataset = CocoDataset.read(annotations);
        if (System.console() == null) {
            return check.check(dataset, () -> {});
        }
        ProgressBarBuilder bar =
                ProgressBar.builder().setTaskName("images").setInitialMax(dataset.images().size());
        try (ProgressBar progress = bar.build()) {
            return check.check(dataset, progress::step);
        }
    }

    private void print(List<CocoProblem> problems, boolean readable) {
        PrintWriter out = spec.commandLine().getOut();
        problems.stream()
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
        out.printf(
                "%s: %d errors, %d warnings%n",
                annotations, errors(problems), problems.size() - errors(problems));
        out.flush();
    }

    private static long errors(List<CocoProblem> problems) {
        return problems.stream().filter(problem -> problem.severity() == ERROR).count();
    }
}
