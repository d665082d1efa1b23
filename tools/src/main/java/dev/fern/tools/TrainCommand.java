package dev.fern.tools;

import dev.fern.cocoeval.TextFile;
import dev.fern.detection.train.RunDirectory;
import dev.fern.detection.train.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code fern train}. */
@Command(
        name = "train",
        description = "Trains a detector on images with COCO annotations.",
        sortOptions = false,
        footer = {
            "",
            "The output folder receives config.json (every setting), metrics.jsonl (a line a step and"
                    + " an evaluation), detections.json (what the newest evaluation found in the"
                    + " validation images, as fern compare takes it), the curves loss.png and"
                    + " ap.png, and the model directories last and best.",
            "Ctrl-C writes a checkpoint; the same command with --resume goes on from it."
        })
final class TrainCommand implements Callable<Integer> {

    @Mixin private TrainingData data;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "DIR",
            description = "Folder of the run; created where it is missing.")
    private Path output;

    @Mixin private TrainingSettings settings;

    @Option(
            names = "--resume",
            description = "Go on from the last checkpoint in the output folder.")
    private boolean resume;

    @Option(
            names = "--log-every",
            paramLabel = "N",
            description = "Steps from one log line to the next where there is no terminal.")
    private int logEvery;

    @Override
    public Integer call() throws Exception {
        data.requireValid();
        TrainingData.requireNotNegative("--log-every", logEvery);
        TrainingConfiguration configuration = settings.configuration();
        RunDirectory run = RunDirectory.open(output);
        if (resume) {
            checkResumable(run, configuration);
        } else if (run.hasCheckpoint()) {
            throw new BadInputException(
                    output
                            + ": holds a training already; go on with --resume or choose another"
                            + " --output");
        } else if (run.holdsOtherFiles()) {
            throw new BadInputException(
                    output
                            + ": holds files that a training would replace (best, last, config.json,"
                            + " metrics.jsonl or detections.json); choose another --output");
        }
        int status =
                new TrainingRun(
                                configuration,
                                data.train(),
                                data.val(),
                                run,
                                data.loading(),
                                logEvery)
                        .execute(resume);
        if (status == 0) {
            System.out.println("best model: " + run.best());
        }
        return status;
    }

    private void checkResumable(RunDirectory run, TrainingConfiguration configuration)
            throws IOException, BadInputException {
        if (!run.hasCheckpoint()) {
            throw new BadInputException(run.last() + ": no checkpoint to resume from");
        }
        if (Files.exists(run.configuration())
                && !TextFile.read(run.configuration()).equals(configuration.toJson())) {
            throw new BadInputException(
                    run.configuration()
                            + ": the settings differ from those of the run; give the same options"
                            + " as at its start");
        }
    }
}
