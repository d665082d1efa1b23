package dev.fern.tools.sweep;

import dev.fern.tools.console.BadInputException;
import dev.fern.tools.sweep.result.CellResult;
import dev.fern.tools.sweep.result.Grid.Cell;
import dev.fern.tools.sweep.result.RateChoice;
import dev.fern.tools.sweep.result.RateChoice.Trial;
import dev.fern.tools.sweep.result.ResultsReader;
import dev.fern.tools.sweep.result.SweepResults;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Trainings that compared learning rates in another sweep, perhaps on another machine.
 *
 * @param choices that sweep's
 * @param cells that sweep's
 */
record KnownTrials(List<RateChoice> choices, List<CellResult> cells) {

    /** No training. */
    static final KnownTrials NONE = new KnownTrials(List.of(), List.of());

    /**
     * Reads the results of a sweep with the same settings and tuning images.
     *
     * @param file {@code results.json}
     * @param settings of this sweep
     * @param parts of the validation images
     * @throws BadInputException naming the file and what differs
     */
    static KnownTrials read(Path file, SweepSettings settings, ValidationParts parts)
            throws IOException, BadInputException {
        SweepResults results = ResultsReader.read(file);
        settings.requireSameTrainings(file);
        if (!results.tuningImages().equals(parts.tuning())) {
            throw new BadInputException(
                    file
                            + ": its learning rates were chosen on other validation images; give the"
                            + " same ones, or leave --trials out");
        }
        return new KnownTrials(results.choices(), results.cells());
    }

    /** Returns the score of a factor after a part of the training; empty if it is not known. */
    Optional<Double> score(String norm, int batchSize, double rate, double part) {
        return choices.stream()
                .filter(choice -> choice.norm().equals(norm) && choice.batchSize() == batchSize)
                .flatMap(choice -> choice.trials().stream())
                .filter(trial -> trial.rate() == rate && trial.part() == part)
                .map(Trial::score)
                .findFirst();
    }

    /** Returns what became of a cell; empty if it did not end. */
    Optional<CellResult> ended(Cell cell) {
        return cells.stream()
                .filter(known -> known.cell().equals(cell) && known.outcome().isPresent())
                .findFirst();
    }
}
