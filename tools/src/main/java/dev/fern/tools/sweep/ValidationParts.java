package dev.fern.tools.sweep;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoEvaluator;
import dev.fern.cocoeval.CocoImage;
import dev.fern.cocoeval.CocoResults;
import dev.fern.cocoeval.EvaluationParameters;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.Sample;
import dev.fern.detection.evaluate.DetectorEvaluation;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.dataset.StratifiedSplit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The validation images in two parts: learning rates are chosen on one, figures are of the other.
 *
 * @param val all of them
 * @param tuning ids of those on which rates are chosen; may be empty
 * @param reported ids of the others
 */
record ValidationParts(LabelledImages val, List<Long> tuning, List<Long> reported) {

    /**
     * Divides the validation images.
     *
     * @param how empty if no rate is chosen
     * @throws BadInputException naming the file or option whose parts can't be used
     * @throws IOException naming the file that can't be read
     */
    static ValidationParts of(LabelledImages val, Optional<Tuning> how)
            throws IOException, BadInputException {
        List<Long> used = val.images().samples().stream().map(Sample::imageId).toList();
        if (how.isEmpty()) {
            return new ValidationParts(val, List.of(), used);
        }
        Optional<Path> file = how.get().annotations();
        Set<Long> chosen =
                file.isPresent()
                        ? named(val, file.get())
                        : drawn(val.coco(), how.get().fraction(), how.get().splitSeed());
        ValidationParts parts =
                new ValidationParts(
                        val,
                        used.stream().filter(chosen::contains).toList(),
                        used.stream().filter(id -> !chosen.contains(id)).toList());
        parts.requireCategories(file.map(Path::toString).orElse("--tune-fraction"));
        return parts;
    }

    private static Set<Long> drawn(CocoDataset coco, double fraction, long seed) {
        int[] parts = StratifiedSplit.of(coco, new double[] {fraction, 1 - fraction}, seed);
        Set<Long> drawn = new HashSet<>();
        for (int i = 0; i < parts.length; i++) {
            if (parts[i] == 0) {
                drawn.add(coco.images().get(i).id());
            }
        }
        return drawn;
    }

    private static Set<Long> named(LabelledImages val, Path file)
            throws IOException, BadInputException {
        Map<Long, String> names =
                val.coco().images().stream()
                        .collect(Collectors.toMap(CocoImage::id, CocoImage::fileName));
        Set<Long> named = new HashSet<>();
        for (CocoImage image : CocoDataset.read(file).images()) {
            if (!image.fileName().equals(names.get(image.id()))) {
                throw new BadInputException(
                        file
                                + ": image "
                                + image.id()
                                + ", "
                                + image.fileName()
                                + ", is not one of "
                                + val.name());
            }
            named.add(image.id());
        }
        return named;
    }

    private void requireCategories(String origin) throws BadInputException {
        Set<Integer> tuned = labels(tuning);
        Set<Integer> rest = labels(reported);
        if (tuned.isEmpty() || !tuned.equals(rest)) {
            Set<Integer> missing = new TreeSet<>(tuned);
            missing.addAll(rest);
            missing.removeIf(label -> tuned.contains(label) && rest.contains(label));
            List<String> names = new ArrayList<>();
            missing.forEach(label -> names.add(val.images().categories().get(label).name()));
            throw new BadInputException(
                    origin
                            + ": of "
                            + (tuning.size() + reported.size())
                            + " validation images, "
                            + tuning.size()
                            + " are for tuning, and "
                            + (names.isEmpty()
                                    ? "no image has a box"
                                    : "not both parts have a box of " + String.join(", ", names))
                            + "; choose another part");
        }
    }

    private Set<Integer> labels(List<Long> ids) {
        Set<Long> wanted = new HashSet<>(ids);
        return val.images().samples().stream()
                .filter(sample -> wanted.contains(sample.imageId()))
                .flatMap(sample -> Arrays.stream(sample.labels()).boxed())
                .collect(Collectors.toSet());
    }

    /** Returns COCO's twelve numbers of some detections on the images that are reported on. */
    Map<String, Double> reportedNumbers(CocoResults found) throws IOException {
        return numbers(found, reported);
    }

    /** Returns AP of some detections on the images on which rates are chosen. */
    double tuningAp(CocoResults found) throws IOException {
        return numbers(found, tuning).get("AP");
    }

    private Map<String, Double> numbers(CocoResults found, List<Long> ids) throws IOException {
        return DetectorEvaluation.numbers(
                CocoEvaluator.evaluate(val.coco(), found, parameters(ids)));
    }

    /** Returns COCO's parameters for the images that are reported on. */
    EvaluationParameters reportedParameters() {
        return parameters(reported);
    }

    private static EvaluationParameters parameters(List<Long> ids) {
        return EvaluationParameters.builder().imgIds(ids).build();
    }
}
