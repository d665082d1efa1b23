package dev.fern.tools.train;

import ai.djl.Device;
import dev.fern.detection.RunStart;
import dev.fern.detection.TrainingWorker;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.detection.train.RunDirectory;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.console.OutputFile;
import dev.fern.tools.console.VisibleText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Trains a detector. Reads COCO annotations and images; writes the run's settings, metrics, curves,
 * checkpoints and models into the output folder, and prints where the best model is.
 */
@Command(
        name = "train",
        description = "Trains a detector on images with COCO annotations.",
        sortOptions = false,
        footer = {
            "",
            "The output folder receives:",
            "  best                    model directory with the best score so far; none without",
            "                          validation images",
            "  last                    model directory of the last step, also a checkpoint",
            "  checkpoints             older checkpoints",
            "  config.json             every setting of the training",
            "  run.json                commands, versions and data files",
            "  data.json               what identifies the data",
            "  metrics.jsonl           one line per step and one per evaluation",
            "  metrics.csv             the steps as a table",
            "  evaluations.csv         the evaluations as a table",
            "  events.out.tfevents.*   steps and evaluations for TensorBoard",
            "  loss.png, ap.png        curves",
            "  detections.json         what the newest evaluation found in the validation",
            "                          images, as fern compare takes it",
            "'fern report' makes an HTML page of them.",
            "",
            "--weights starts from all of a trained detector; standard error tells, line by line,"
                    + " what was taken and what is new. Settings that say something else than the"
                    + " detector are refused. Only batch norm in its backbone can give way to another"
                    + " norm, such as --norm frn: its convolutions are kept and the norms start anew.",
            "",
            "Ctrl-C writes a checkpoint; the same command with --resume goes on from it as if it had"
                    + " not been interrupted. After a crash, it goes on from the last checkpoint that"
                    + " is whole. Settings that are not given again are those of the run. Data, and"
                    + " settings that change the result, must be the same; --force goes on"
                    + " regardless.",
            "",
            "Example:",
            "  fern train --train-annotations train.json --train-images train \\",
            "             --val-annotations val.json --val-images val \\",
            "             --config configs/laptop.json --output runs/first",
            "  fern train --data data.yaml --config configs/laptop.json --output runs/first"
        })
public final class TrainCommand implements Callable<Integer> {

    private static final int MOST_PROCESSES = 256;

    @Mixin private TrainingData data;

    @ArgGroup(multiplicity = "1")
    private Purpose purpose;

    /** Either a training or a search for its learning rate. */
    static final class Purpose {
        @OptionSection(Section.RUN)
        @Option(
                names = {"-o", "--output"},
                required = true,
                paramLabel = "DIR",
                description = "Folder of the run; created where it is missing.")
        private Path output;

        @OptionSection(Section.RUN)
        @Option(
                names = "--lr-find",
                required = true,
                paramLabel = "FILE",
                description =
                        "Do not train, but look for a learning rate: take 100 steps whose rate rises"
                                + " from 0.00001 to 1, draw the loss over the rate as this PNG file,"
                                + " and print a rate for --lr. Nothing else is written.")
        private Path learningRatePlot;

        @Option(
                names = "--follow",
                required = true,
                hidden = true,
                description =
                        "Take part in the training of the process that has started this one, which"
                                + " says so by standard input.")
        private boolean follows;
    }

    @Mixin private TrainingSettings settings;

    @Mixin private RunOptions options;

    @OptionSection(Section.RUN)
    @Option(
            names = "--pause-after",
            paramLabel = "X",
            defaultValue = "1",
            description =
                    "Pause after this part of the steps, 0 to 1, at the end of an epoch, and"
                            + " evaluate there. The learning rate stays that of the whole training;"
                            + " --resume goes on. Default: ${DEFAULT-VALUE}, which trains to the"
                            + " end.")
    private double pause;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--processes",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Number of processes that share every batch on the CPU, each with its share of"
                            + " the cores and memory of its own. Default: ${DEFAULT-VALUE}.")
    private int processes;

    @OptionSection(Section.MACHINE)
    @Option(
            names = "--allow-batch-dependence",
            description =
                    "With several processes, train networks too whose norm mixes the images of a"
                            + " batch, such as bn; each process then mixes those of its own part alone.")
    private boolean allowsBatchDependence;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        data.requireValid();
        options.requireValid();
        if (!(pause > 0 && pause <= 1)) {
            throw new BadInputException(
                    "--pause-after must be above 0 and at most 1, not " + pause);
        }
        requireProcesses();
        if (purpose.follows) {
            return follow();
        }
        if (purpose.learningRatePlot != null) {
            return findLearningRate();
        }
        Path output = purpose.output;
        RunDirectory run = RunDirectory.open(output);
        RunStart start = options.start();
        TrainingConfiguration configuration = settings.configuration(start.settings(run));
        start.requireFree(run);
        LabelledImages train = data.train();
        Optional<LabelledImages> val = data.val();
        if (start == RunStart.FRESH && settings.isBatchSizeAutomatic()) {
            configuration =
                    configuration.withBatchSize(
                            AutomaticBatchSize.of(
                                    configuration, train.images(), System.err::println));
        }
        int status =
                execute(
                        new TrainingRun(
                                configuration,
                                train,
                                val,
                                run,
                                data.loading(),
                                pause,
                                options.logEvery()),
                        start);
        if (status == 0) {
            RunFiles.tellModel(run, val.isPresent());
            System.err.println("look at the run: fern report " + VisibleText.of(output));
        }
        return status;
    }

    private void requireProcesses() throws BadInputException {
        if (processes < 1 || processes > MOST_PROCESSES) {
            throw new BadInputException(
                    "--processes must be 1 to " + MOST_PROCESSES + ", not " + processes);
        }
        if (processes > 1 && purpose.learningRatePlot != null) {
            throw new BadInputException("--lr-find works in one process; leave out --processes");
        }
    }

    private int execute(TrainingRun training, RunStart start) throws Exception {
        List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
        if (processes == 1) {
            return training.execute(start, arguments, builder -> {});
        }
        List<Device> devices = training.devices();
        if (devices.stream().anyMatch(Device::isGpu)) {
            throw new BadInputException(
                    "--processes share CPUs; one process uses all GPUs, or add --devices=cpu");
        }
        List<String> following = new ArrayList<>(List.of("train", "--follow"));
        following.addAll(data.arguments());
        try (WorkerProcesses workers = WorkerProcesses.start(processes, following)) {
            return workers.withItsShare(
                    () ->
                            training.execute(
                                    start,
                                    arguments,
                                    builder -> {
                                        builder.workers(workers.ring());
                                        if (allowsBatchDependence) {
                                            builder.allowBatchDependence();
                                        }
                                    }));
        }
    }

    /** Takes part in the training of the process that has started this one. */
    private int follow() throws IOException, InterruptedException {
        TrainingWorker worker =
                new TrainingWorker(
                        () -> {
                            try {
                                return data.train();
                            } catch (BadInputException e) {
                                throw new IOException(e.getMessage(), e);
                            }
                        },
                        data.loading());
        WorkerProcesses.follow(worker::run, System.in, System.out);
        return 0;
    }

    private int findLearningRate() throws IOException, InterruptedException, BadInputException {
        if (options.start() != RunStart.FRESH) {
            throw new BadInputException("--lr-find looks for the rate of a training that begins");
        }
        OutputFile.require(purpose.learningRatePlot, data.files());
        TrainingConfiguration configuration = settings.configuration();
        new LearningRateSearch(configuration, data.train(), data.loading())
                .draw(purpose.learningRatePlot, spec.commandLine().getOut());
        return 0;
    }
}
