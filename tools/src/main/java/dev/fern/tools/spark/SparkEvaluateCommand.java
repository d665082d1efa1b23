package dev.fern.tools.spark;

import dev.fern.cocoeval.CocoAdvice;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.detection.evaluate.DetectorEvaluation;
import dev.fern.detection.evaluate.MatchedCategories;
import dev.fern.detection.model.CategoryMatch;
import dev.fern.spark.SparkDetection;
import dev.fern.spark.SparkDriver;
import dev.fern.spark.SparkEvaluation;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.CountProgress;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.console.VisibleText;
import dev.fern.tools.console.WithoutOptions;
import dev.fern.tools.evaluate.EvaluationOptions;
import dev.fern.tools.evaluate.ScoreOutput;
import dev.fern.tools.input.DataWarnings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Evaluates a model that it runs on Spark. */
@Command(
        name = "evaluate",
        sortOptions = false,
        description = {
            "Computes COCO's numbers of a model, which detects on the machines of a Spark cluster.",
            "",
            "The numbers are those of 'fern evaluate' to the last bit. They are computed on this"
                    + " machine, which must have room for all detections, about 60 bytes each."
        },
        footer = {
            "",
            "Examples:",
            "  fern spark evaluate --annotations instances_val.json --images val \\",
            "                      --model runs/a/best",
            "  fern spark evaluate --master spark://host:7077 --annotations instances_val.json \\",
            "                      --images hdfs://host/val --model runs/a/best --json numbers.json"
        })
public final class SparkEvaluateCommand implements Callable<Integer> {

    @OptionSection(Section.DATA)
    @Option(
            names = "--annotations",
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file on this machine, plain or gzip.")
    private Path annotations;

    @OptionSection(Section.DATA)
    @Option(
            names = "--images",
            required = true,
            paramLabel = "DIR",
            description =
                    "Folder of the annotated images, which every executor can read: a path, or a URI"
                            + " that Hadoop reads, such as hdfs://HOST/DIR.")
    private String images;

    @OptionSection(Section.OUTPUT)
    @Option(
            names = "--save-detections",
            paramLabel = "FILE",
            description = "Write the detections as a COCO results file on this machine.")
    private Path save;

    @Mixin private ScoreOutput output;

    @WithoutOptions({"--iou-type", "--sigmas", "--lenient"})
    @Mixin
    private EvaluationOptions evaluation;

    @WithoutOptions("--libtorch")
    @Mixin
    private SparkModelOptions model;

    @Mixin private SparkOptions spark;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        model.requireValid();
        List<Path> targets = new ArrayList<>(output.targets());
        targets.add(save);
        OutputFile.requireAll(targets, Arrays.asList(annotations, evaluation.file()));
        return spark.run(this::evaluate);
    }

    private int evaluate(SparkDriver driver) throws IOException, BadInputException {
        CocoDataset coco = CocoDataset.read(annotations);
        EvaluationParameters parameters = evaluation.parameters(coco);
        DataWarnings.print(annotations, CocoAdvice.of(coco, EvaluationParameters.defaults()));
        SparkDetection detection = model.load(driver, own -> own).load();
        Optional<CategoryMatch> match = Optional.empty();
        if (parameters.useCats()) {
            MatchedCategories categories =
                    MatchedCategories.of(
                            detection.configuration().categories(),
                            "the model",
                            coco,
                            annotations.toString());
            categories.notes().forEach(note -> System.err.println(VisibleText.of(note)));
            match = Optional.of(categories.match());
        }
        DetectorEvaluation evaluated;
        try (CountProgress progress = new CountProgress("evaluate", coco.images().size())) {
            evaluated =
                    SparkEvaluation.of(
                            detection,
                            coco,
                            images,
                            match,
                            new SparkEvaluation.Options(
                                    parameters, model.skipBadImages(), model.partitions()),
                            progress::at,
                            SparkEvaluateCommand::tell,
                            results -> {
                                if (save != null) {
                                    results.write(save);
                                }
                            });
        }
        output.writeArrays(evaluated.evaluation());
        output.write(spec.commandLine().getOut(), annotations, evaluated);
        return 0;
    }

    private static void tell(List<String> leftOut) {
        leftOut.forEach(line -> System.err.println("left out: " + VisibleText.of(line)));
        if (!leftOut.isEmpty()) {
            System.err.printf("%d images were left out%n", leftOut.size());
        }
    }
}
