package dev.fern.tools.sweep;

import dev.fern.cocoeval.AtomicFile;
import dev.fern.detection.recipe.TrainingConfiguration;
import dev.fern.tools.console.ExitStatus;
import dev.fern.tools.console.FernProcess;
import dev.fern.tools.sweep.CellOutcome.Environment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The training of a cell by {@code fern train} in a process of its own, so that a crash or a lack
 * of memory ends that cell alone.
 *
 * @param folder the cell's
 * @param configuration its settings
 * @param dataArguments the options of {@code fern train} that name the data
 */
record CellTraining(
        CellFolder folder, TrainingConfiguration configuration, List<String> dataArguments) {

    private static final String PROBLEM = "fern: ";

    /** What the system adds to the number of the signal that ended a process. */
    private static final int SIGNALLED = 128;

    /**
     * Starts the process, from the cell's checkpoint where there is one.
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
        if (folder.run().hasCheckpoint()) {
            arguments.add("--resume");
        }
        ProcessBuilder builder =
                FernProcess.of(List.of("-XX:ActiveProcessorCount=" + cores), arguments);
        builder.environment().put("OMP_NUM_THREADS", Integer.toString(cores));
        return builder.redirectErrorStream(true).redirectOutput(folder.log().toFile()).start();
    }

    /**
     * Returns how a cell ended whose process has ended.
     *
     * @param status the process's exit status
     * @param environment what the cell was trained with
     * @return empty if the process was told to stop, so that the cell goes on another time
     */
    Optional<CellOutcome> outcome(int status, Environment environment) throws IOException {
        if (status == 0) {
            return Optional.of(CellOutcome.done(environment));
        }
        // Java ends with these when it is told to stop by SIGINT and SIGTERM.
        if (status == ExitStatus.INTERRUPTED || status == SIGNALLED + 15) {
            return Optional.empty();
        }
        return Optional.of(CellOutcome.failed(reason(status), environment));
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
