package dev.fern.tools.sweep;

import dev.fern.cocoeval.AtomicFile;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.FernProcess;
import dev.fern.tools.sweep.result.CellOutcome;
import dev.fern.tools.sweep.result.CellOutcome.Environment;
import dev.fern.tools.sweep.result.CellOutcome.Status;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The training of a cell by {@code fern train} in a process of its own, so that a crash or a lack
 * of memory ends that cell alone.
 *
 * @param folder the cell's
 * @param configuration its settings
 * @param dataArguments the options of {@code fern train} that name the data
 * @param part how much of the training is done by this process, 1 for all of it
 * @param divergence says when the training is given up
 */
record CellTraining(
        CellFolder folder,
        TrainingConfiguration configuration,
        List<String> dataArguments,
        double part,
        Divergence divergence) {

    private static final String PROBLEM = "fern: ";

    /**
     * What {@code fern train} says of losses, gradients and outputs of a training that diverged.
     */
    private static final String NOT_FINITE = "not finite";

    /** What the system adds to the number of the signal that ended a process. */
    private static final int SIGNALLED = 128;

    private static final long LOOK_EVERY_MILLIS = 1000;

    /** How many looks at the process's time there are for one at its losses. */
    private static final int LOOKS_PER_CHECK = 10;

    /**
     * How a process ended.
     *
     * @param status its exit status
     * @param cpuSeconds time of all cores that it took, to the second
     * @param diverged how its training diverged; empty if it did not
     */
    record End(int status, double cpuSeconds, Optional<String> diverged) {}

    /**
     * Starts the process, from the cell's checkpoint where there is one. It has a share of the
     * cores, so that several trainings at a time do not starve each other.
     *
     * @param cores how many it may use
     * @throws IOException if the process can't be started or another process trains the cell
     */
    Process start(int cores) throws IOException {
        Files.createDirectories(folder.path());
        folder.run().lock().close();
        AtomicFile.write(
                folder.run().configuration(),
                configuration.toJson().getBytes(StandardCharsets.UTF_8));
        List<String> arguments = new ArrayList<>(List.of("train"));
        arguments.addAll(dataArguments);
        arguments.add("--config=" + folder.run().configuration());
        arguments.add("--output=" + folder.path());
        if (part < 1) {
            arguments.add("--pause-after=" + part);
        }
        if (folder.run().hasCheckpoint()) {
            arguments.add("--resume");
        }
        ProcessBuilder builder =
                FernProcess.of(List.of("-XX:ActiveProcessorCount=" + cores), arguments);
        builder.environment().put("OMP_NUM_THREADS", Integer.toString(cores));
        return builder.redirectErrorStream(true).redirectOutput(folder.log().toFile()).start();
    }

    /**
     * Waits for the end of the process, and ends it where its training has diverged.
     *
     * @throws IOException naming the metrics that can't be read
     */
    End await(Process process) throws IOException, InterruptedException {
        double cpuSeconds = 0;
        for (int looks = 1; !process.waitFor(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS); looks++) {
            cpuSeconds =
                    Math.max(
                            cpuSeconds,
                            process.info().totalCpuDuration().orElse(Duration.ZERO).toMillis()
                                    / 1e3);
            if (looks % LOOKS_PER_CHECK == 0 && divergence.of(folder.run()).isPresent()) {
                process.destroy();
            }
        }
        return new End(process.exitValue(), cpuSeconds, divergence.of(folder.run()));
    }

    /**
     * Returns how a cell ended whose process has ended.
     *
     * @param environment what the cell was trained with
     * @return empty if the training goes on another time, because it was told to stop or is to
     *     pause
     */
    Optional<CellOutcome> outcome(End end, Environment environment) throws IOException {
        if (end.diverged.isPresent()) {
            return Optional.of(new CellOutcome(Status.DIVERGED, end.diverged.get(), environment));
        }
        if (end.status == 0) {
            return part < 1 ? Optional.empty() : Optional.of(CellOutcome.done(environment));
        }
        if (wasToldToStop(end)) {
            return Optional.empty();
        }
        String reason = reason(end.status);
        return Optional.of(
                new CellOutcome(
                        reason.contains(NOT_FINITE) ? Status.DIVERGED : Status.FAILED,
                        reason,
                        environment));
    }

    /** Returns whether the process ended because someone told it to. */
    boolean wasToldToStop(End end) {
        // Java ends with these when it is told to stop by SIGINT and SIGTERM.
        return end.status == ExitStatus.INTERRUPTED || end.status == SIGNALLED + 15;
    }

    private String reason(int status) throws IOException {
        List<String> problems =
                Files.exists(folder.log())
                        ? Files.readAllLines(folder.log(), StandardCharsets.ISO_8859_1).stream()
                                .filter(line -> line.startsWith(PROBLEM))
                                .toList()
                        : List.of();
        if (!problems.isEmpty()) {
            return problems.get(problems.size() - 1).substring(PROBLEM.length());
        }
        return status > SIGNALLED
                ? "the process was ended by signal "
                        + (status - SIGNALLED)
                        + (status == SIGNALLED + 9 ? ", perhaps because memory ran out" : "")
                : "the process ended with status " + status;
    }
}
