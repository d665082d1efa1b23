package dev.fern.tools.sweep;

import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OptionSection;
import dev.fern.tools.console.OptionSection.Section;
import dev.fern.tools.sweep.result.Grid;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The options that say among which learning rates is chosen, and how. */
@OptionSection(Section.OPTIMISATION)
final class TuningOptions {

    private static final double DEFAULT_FRACTION = 0.5;

    @Option(
            names = "--rates",
            split = ",",
            paramLabel = "X",
            defaultValue = "1",
            description =
                    "Factors on the learning rate that --rate-rule gives, such as 0.5,1,2. Of several,"
                            + " the best is chosen for each norm at each batch size. Default:"
                            + " ${DEFAULT-VALUE}.")
    private List<Double> rates;

    @Option(
            names = "--tune-fraction",
            paramLabel = "X",
            description =
                    "Part of the validation images, 0 to 1, on which learning rates are chosen. The"
                            + " figures are of the others. Each part has every category. Default: 0.5"
                            + " where there are several --rates.")
    private Double fraction;

    @Option(
            names = "--tune-annotations",
            paramLabel = "FILE",
            description =
                    "COCO file, such as fern dataset split writes, of those validation images on"
                            + " which learning rates are chosen, in place of --tune-fraction.")
    private Path annotations;

    @Option(
            names = "--split-seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Decides which images --tune-fraction takes. Default: ${DEFAULT-VALUE}.")
    private long splitSeed;

    @Option(
            names = "--tune-seeds",
            split = ",",
            paramLabel = "N",
            description =
                    "Those of --seeds with which every rate is trained. The other seeds train the"
                            + " chosen rate alone. Default: the first seed.")
    private List<Long> tuneSeeds;

    @Option(
            names = "--all-rates",
            description = "Train every rate with all seeds, not the chosen one alone.")
    private boolean allRates;

    @Option(
            names = "--halving",
            description =
                    "Choose by successive halving: leave out the worse half of the rates after a part"
                            + " of the training, and again after twice that part, so that the last two"
                            + " are compared after half of it.")
    private boolean halving;

    @Option(
            names = "--widen",
            paramLabel = "N",
            defaultValue = "3",
            description =
                    "While the best rate is the smallest or largest, try the next one beyond it, at"
                            + " most N for each norm at each batch size. Default: ${DEFAULT-VALUE}.")
    private int widen;

    @Option(
            names = "--trials",
            paramLabel = "FILE",
            description =
                    "results.json of a sweep with the same settings and tuning images, perhaps on"
                            + " another machine. Trainings that compared rates there are not repeated"
                            + " here; those at the chosen rates are, for their detections.")
    private Path trials;

    /** Returns the factors on the rule's learning rate. */
    List<Double> rates() {
        return rates;
    }

    /**
     * Returns the results of another sweep that are used; empty for none.
     *
     * @param tuning what {@link #tuning} returned
     * @throws BadInputException if there is nothing to choose
     */
    Optional<Path> trials(Optional<Tuning> tuning) throws BadInputException {
        if (trials != null && (tuning.isEmpty() || rates.size() == 1)) {
            throw new BadInputException("--trials helps to choose among several --rates");
        }
        return Optional.ofNullable(trials);
    }

    /**
     * Returns how rates are chosen; empty if there is one rate and no image is kept for tuning.
     *
     * @throws BadInputException naming the option that is out of its range or does not go with
     *     others
     */
    Optional<Tuning> tuning(Grid grid) throws BadInputException {
        if (fraction != null && annotations != null) {
            throw new BadInputException("give --tune-fraction or --tune-annotations, not both");
        }
        if (fraction != null && !(fraction > 0 && fraction < 1)) {
            throw new BadInputException("--tune-fraction must be between 0 and 1, not " + fraction);
        }
        if (widen < 0) {
            throw new BadInputException("--widen must be at least 0, not " + widen);
        }
        if (halving && allRates) {
            throw new BadInputException(
                    "--halving leaves rates out that --all-rates trains to the end; give one of them");
        }
        if (grid.rates().size() == 1 && (halving || allRates || tuneSeeds != null)) {
            throw new BadInputException(
                    "--halving, --all-rates and --tune-seeds choose among several --rates");
        }
        List<Long> seeds = tuneSeeds == null ? grid.seeds().subList(0, 1) : tuneSeeds;
        if (!grid.seeds().containsAll(seeds)) {
            throw new BadInputException(
                    "--tune-seeds must be some of --seeds, " + grid.seeds() + ", not " + seeds);
        }
        if (grid.rates().size() == 1 && fraction == null && annotations == null) {
            return Optional.empty();
        }
        return Optional.of(
                new Tuning(
                        fraction == null ? DEFAULT_FRACTION : fraction,
                        Optional.ofNullable(annotations),
                        splitSeed,
                        seeds,
                        halving,
                        widen,
                        allRates));
    }
}
