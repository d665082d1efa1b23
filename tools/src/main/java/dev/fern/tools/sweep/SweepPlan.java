package dev.fern.tools.sweep;

import dev.fern.tools.sweep.RateSearch.Missing;
import dev.fern.tools.sweep.result.CellOutcome;
import dev.fern.tools.sweep.result.CellOutcome.Status;
import dev.fern.tools.sweep.result.Grid;
import dev.fern.tools.sweep.result.Grid.Cell;
import dev.fern.tools.sweep.result.RateChoice;
import dev.fern.tools.sweep.result.RateChoice.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Says which trainings a sweep needs next. It knows no more than the cells' folders hold and what
 * it is given, so that a sweep that was stopped, at whatever moment, goes on as if it had not been.
 *
 * @param grid what is trained
 * @param tuning how learning rates are chosen; empty if there is one and no image is for tuning
 * @param folder the sweep's
 * @param parts of the validation images
 * @param known trainings that need not be repeated to choose a learning rate
 */
record SweepPlan(
        Grid grid,
        Optional<Tuning> tuning,
        SweepFolder folder,
        ValidationParts parts,
        KnownTrials known) {

    /**
     * A training that is needed.
     *
     * @param part how much of it, 1 for all
     */
    record Job(Cell cell, double part) {}

    /**
     * How far a sweep has come.
     *
     * @param choices of learning rates, one for each norm at each batch size
     * @param cells every cell that was or is to be trained as far as is known
     * @param needed trainings that can be done now: first those that choose rates, then seed by
     *     seed and batch size by batch size, so that a sweep that is not yet finished has the norms
     *     side by side
     * @param later at least how many trainings come after these
     */
    record Standing(List<RateChoice> choices, List<Cell> cells, List<Job> needed, int later) {}

    /** The search of one norm at one batch size. */
    private record Search(String norm, int batchSize, RateSearch.Progress progress) {}

    /**
     * Looks at the cells' folders.
     *
     * @throws IOException naming the file that is lost or damaged
     */
    synchronized Standing standing() throws IOException {
        try {
            return look();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private Standing look() {
        List<Search> searches = new ArrayList<>();
        for (int batchSize : grid.batchSizes()) {
            for (String norm : grid.norms()) {
                searches.add(new Search(norm, batchSize, search(norm, batchSize)));
            }
        }
        Map<Cell, Boolean> hasEnded = new HashMap<>();
        Set<Job> needed = new LinkedHashSet<>();
        Set<Cell> cells = new LinkedHashSet<>();
        List<RateChoice> choices = new ArrayList<>();
        int later = 0;
        for (Search search : searches) {
            RateSearch.Progress progress = search.progress;
            choices.add(
                    new RateChoice(
                            search.norm,
                            search.batchSize,
                            progress.state(),
                            progress.rate(),
                            progress.added(),
                            progress.atEnd(),
                            progress.trials()));
            for (long seed : tuneSeeds(progress)) {
                for (double rate : progress.tried()) {
                    cells.add(new Cell(search.norm, search.batchSize, seed, rate));
                }
                for (Missing missing : progress.missing()) {
                    Cell cell = new Cell(search.norm, search.batchSize, seed, missing.rate());
                    if (score(cell, missing.part()).isEmpty()) {
                        needed.add(new Job(cell, missing.part()));
                    }
                }
            }
            if (progress.state() == State.OPEN) {
                boolean halving = tuning.orElseThrow().halving();
                later += grid.seeds().size() - (halving ? 0 : tuneSeeds(progress).size());
            }
        }
        for (long seed : grid.seeds()) {
            for (Search search : searches) {
                for (double rate : finalRates(search.progress)) {
                    Cell cell = new Cell(search.norm, search.batchSize, seed, rate);
                    cells.add(cell);
                    if (!hasEnded.computeIfAbsent(cell, this::hasEnded)) {
                        needed.add(new Job(cell, 1));
                    }
                }
            }
        }
        return new Standing(choices, List.copyOf(cells), List.copyOf(needed), later);
    }

    /** Returns the seeds by which a rate is chosen; none if there is nothing to choose. */
    private List<Long> tuneSeeds(RateSearch.Progress progress) {
        return progress.tried().size() == 1 ? List.of() : tuning.orElseThrow().seeds();
    }

    /** Returns the rates that are trained with all seeds. */
    private List<Double> finalRates(RateSearch.Progress progress) {
        return tuning.isPresent() && tuning.get().allRates()
                ? progress.tried()
                : progress.rate().map(List::of).orElse(List.of());
    }

    private RateSearch.Progress search(String norm, int batchSize) {
        boolean halving = tuning.isPresent() && tuning.get().halving();
        RateSearch search =
                new RateSearch(
                        grid.rates(),
                        halving ? RateSearch.halvingParts(grid.rates().size()) : List.of(1.0),
                        tuning.map(Tuning::widen).orElse(0));
        return search.search((rate, part) -> meanScore(norm, batchSize, rate, part));
    }

    /** Returns the mean over the tuning seeds. */
    private Optional<Double> meanScore(String norm, int batchSize, double rate, double part) {
        Optional<Double> before = known.score(norm, batchSize, rate, part);
        if (before.isPresent()) {
            return before;
        }
        double sum = 0;
        List<Long> seeds = tuning.orElseThrow().seeds();
        for (long seed : seeds) {
            Optional<Double> score = score(new Cell(norm, batchSize, seed, rate), part);
            if (score.isEmpty()) {
                return score;
            }
            sum += score.get();
        }
        return Optional.of(sum / seeds.size());
    }

    /** Returns AP on the tuning images; see {@link RateSearch.Scores}. */
    private Optional<Double> score(Cell cell, double part) {
        CellFolder of = folder.cell(cell);
        try {
            Optional<Double> recorded = of.tuningAp(part);
            Optional<CellOutcome> outcome = of.outcome();
            if (recorded.isPresent() || outcome.isEmpty()) {
                return recorded;
            }
            if (outcome.get().status() == Status.DIVERGED) {
                return Optional.of(Double.NEGATIVE_INFINITY);
            }
            if (outcome.get().status() == Status.FAILED) {
                return Optional.of(Double.NaN);
            }
            return part < 1 ? Optional.empty() : Optional.of(recordTuningAp(cell, part));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Computes AP on the tuning images of what a cell's newest evaluated model found, and records
     * it in the cell's folder.
     *
     * @param part how much of the training that model has behind it
     * @return the AP
     */
    synchronized double recordTuningAp(Cell cell, double part) throws IOException {
        CellFolder of = folder.cell(cell);
        double ap = parts.tuningAp(of.detections());
        of.writeTuningAp(part, ap);
        return ap;
    }

    private boolean hasEnded(Cell cell) {
        try {
            return folder.cell(cell).outcome().isPresent();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
