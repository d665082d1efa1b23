package dev.fern.tools.detect;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.model.Detection;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.NearestName;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Keeps the detections of some categories.
 *
 * @param wanted positions of the categories in the model's list
 */
record CategoryFilter(Set<Integer> wanted) {

    private static final int MOST_LISTED = 30;

    /**
     * Finds categories by their names. Capitals count only where names differ in nothing else.
     *
     * @param names as the user gave them, each perhaps several with commas between them
     * @param categories the model's
     * @throws BadInputException naming what no category is called, and what they are called
     */
    static CategoryFilter of(List<String> names, List<CocoCategory> categories)
            throws BadInputException {
        Set<Integer> wanted = new HashSet<>();
        for (String given : names) {
            Set<Integer> whole = positions(given, categories);
            if (!whole.isEmpty()) {
                wanted.addAll(whole); // a name may have a comma
                continue;
            }
            for (String name : given.split(",")) {
                Set<Integer> found = positions(name.strip(), categories);
                if (found.isEmpty()) {
                    throw unknown(name.strip(), categories);
                }
                wanted.addAll(found);
            }
        }
        return new CategoryFilter(Set.copyOf(wanted));
    }

    /** Returns a filter that keeps everything. */
    static CategoryFilter all(List<CocoCategory> categories) {
        return new CategoryFilter(
                IntStream.range(0, categories.size()).boxed().collect(Collectors.toSet()));
    }

    private static Set<Integer> positions(String name, List<CocoCategory> categories) {
        Set<Integer> exact = new HashSet<>();
        Set<Integer> alike = new HashSet<>();
        for (int i = 0; i < categories.size(); i++) {
            if (categories.get(i).name().equals(name)) {
                exact.add(i);
            } else if (categories.get(i).name().equalsIgnoreCase(name)) {
                alike.add(i);
            }
        }
        return exact.isEmpty() ? alike : exact;
    }

    private static BadInputException unknown(String name, List<CocoCategory> categories) {
        List<String> names = categories.stream().map(CocoCategory::name).toList();
        String nearest =
                NearestName.of(name, names)
                        .map(other -> "did you mean '" + other + "'? ")
                        .orElse("");
        String listed = names.stream().limit(MOST_LISTED).collect(Collectors.joining(", "));
        int more = names.size() - MOST_LISTED;
        return new BadInputException(
                String.format(
                        "--classes: the model has no category '%s'; %sit has %s%s",
                        name, nearest, listed, more > 0 ? " and " + more + " more" : ""));
    }

    /**
     * Returns the detections of the wanted categories.
     *
     * @param detections by falling score
     * @param most the largest number that is kept
     */
    List<Detection> apply(List<Detection> detections, int most) {
        List<Detection> kept = new ArrayList<>();
        for (Detection detection : detections) {
            if (kept.size() < most && wanted.contains(detection.category())) {
                kept.add(detection);
            }
        }
        return kept;
    }
}
