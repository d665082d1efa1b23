package dev.fern.tools.dataset;

import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OutputFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fern dataset merge}: joins COCO files. */
@Command(
        name = "merge",
        sortOptions = false,
        description = {
            "Joins COCO files into one.",
            "",
            "Categories of one name become one. Ids stay where they are free; an id that an earlier"
                    + " file has becomes a new one. Records keep all other fields. What the files"
                    + " hold besides images, categories and annotations comes from the first."
        },
        footer = {
            "",
            "Example:",
            "  fern dataset merge day.json night.json --folders day,night --output all.json"
        })
final class MergeCommand implements Callable<Integer> {

    @Parameters(
            arity = "2..*",
            paramLabel = "FILE",
            description = "COCO instances files, plain or gzip.")
    private List<Path> files;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file to write.")
    private Path output;

    @Option(
            names = "--folders",
            paramLabel = "DIR",
            split = ",",
            description =
                    "Put a folder before the file names of each file's images, one per FILE,"
                            + " separated by commas. Default: names stay as they are.")
    private List<String> folders = List.of();

    @Option(
            names = "--join-images",
            description =
                    "Take images of one file name for one image, with the objects of all files."
                            + " Default: such images are refused.")
    private boolean joinImages;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException, BadInputException {
        OutputFile.require(output, files);
        if (!folders.isEmpty() && folders.size() != files.size()) {
            throw new BadInputException(
                    "--folders has " + folders.size() + " names for " + files.size() + " files");
        }
        for (String folder : folders) {
            if (folder.isBlank()
                    || folder.startsWith("/")
                    || List.of(folder.split("/")).contains("..")) {
                throw new BadInputException(
                        "--folders: \"" + folder + "\" is not a folder below that of the images");
            }
        }
        for (int i = 0; i < files.size(); i++) {
            for (Path earlier : files.subList(0, i)) {
                if (Files.isSameFile(earlier, files.get(i))) {
                    throw new BadInputException(files.get(i) + ": is given twice");
                }
            }
        }
        List<CocoEdit> edits = new CocoMerge(joinImages).addAll(files, folders);
        spec.commandLine()
                .getOut()
                .printf(
                        "%s: %s; of %d files%n",
                        output, CocoEdit.write(edits, output), files.size())
                .flush();
        return 0;
    }
}
