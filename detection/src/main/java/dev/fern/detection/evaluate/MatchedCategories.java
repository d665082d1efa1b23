package dev.fern.detection.evaluate;

import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.model.CategoryMatch;
import dev.fern.detection.model.Detector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The categories of a model matched with those of labelled images, and what a user should know of
 * it.
 *
 * @param match which category is which
 * @param notes lines for the user: which categories have other ids or are written otherwise, which
 *     ones of the file the model lacks, and which ones of the model the file lacks; empty if there
 *     are none
 */
public record MatchedCategories(CategoryMatch match, List<String> notes) {

    /** How many categories a line lists. */
    private static final int LISTED = 10;

    /**
     * Matches a detector's categories.
     *
     * @param detector the model
     * @param labelled the annotations
     * @return the match
     * @throws IOException naming the file if it has no category of the model's, or if it is not
     *     clear which category is which
     */
    public static MatchedCategories of(Detector detector, LabelledImages labelled)
            throws IOException {
        return of(
                detector.configuration().categories(),
                "the model",
                labelled.coco(),
                labelled.name());
    }

    /**
     * Matches categories.
     *
     * @param model categories that a model has, or will have
     * @param owner what has them, for the notes, such as {@code the model}
     * @param data the annotations
     * @param file what the annotations are called, for the notes
     * @return the match
     * @throws IOException naming the file if it has none of the categories, or if it is not clear
     *     which category is which
     */
    public static MatchedCategories of(
            List<CocoCategory> model, String owner, CocoDataset data, String file)
            throws IOException {
        CategoryMatch match;
        try {
            match = CategoryMatch.of(model, data.categories());
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
        if (match.pairs().isEmpty()) {
            throw new IOException(
                    file
                            + ": no category is one of "
                            + owner
                            + "'s, by its name: the file has "
                            + names(data.categories())
                            + ", "
                            + owner
                            + " has "
                            + names(model)
                            + "; rename those that are the same");
        }
        return new MatchedCategories(match, notes(match, owner, data, file));
    }

    private static List<String> notes(
            CategoryMatch match, String owner, CocoDataset data, String file) {
        List<String> notes = new ArrayList<>();
        List<CategoryMatch.Pair> others =
                match.pairs().stream()
                        .filter(
                                pair ->
                                        pair.model().id() != pair.data().id()
                                                || !pair.model().name().equals(pair.data().name())
                                                        && !CategoryMatch.isNameless(pair.model())
                                                        && !CategoryMatch.isNameless(pair.data()))
                        .toList();
        if (!others.isEmpty()) {
            notes.add(
                    "categories are matched by name: "
                            + list(others.stream().map(pair -> difference(pair, data)).toList())
                            + " (in "
                            + owner
                            + " and in "
                            + file
                            + ")");
        }
        if (match.pairs().stream().anyMatch(MatchedCategories::isNamedOnOneSide)) {
            notes.add("categories that have no name are matched by id");
        }
        List<String> missed = missed(match, data);
        if (!missed.isEmpty()) {
            notes.add(
                    "warning: "
                            + owner
                            + " lacks categories of "
                            + file
                            + ", whose boxes count as missed: "
                            + list(missed));
        }
        if (!match.onlyInModel().isEmpty()) {
            notes.add(
                    file
                            + " lacks categories of "
                            + owner
                            + ", whose detections are left out: "
                            + names(match.onlyInModel()));
        }
        return notes;
    }

    private static boolean isNamedOnOneSide(CategoryMatch.Pair pair) {
        return CategoryMatch.isNameless(pair.model()) != CategoryMatch.isNameless(pair.data());
    }

    private static String difference(CategoryMatch.Pair pair, CocoDataset data) {
        CocoCategory model = pair.model();
        String ids =
                model.id() == pair.data().id()
                        ? ""
                        : " " + model.id() + " and " + data.idText(pair.data().id());
        return model.name().equals(pair.data().name())
                ? model.name() + ids
                : "'" + model.name() + "' and '" + pair.data().name() + "'" + ids;
    }

    /** Returns those categories that the model lacks and that have boxes, with their number. */
    private static List<String> missed(CategoryMatch match, CocoDataset data) {
        Map<Long, Long> boxes =
                data.annotations().stream()
                        .collect(
                                Collectors.groupingBy(
                                        CocoAnnotation::categoryId, Collectors.counting()));
        return match.onlyInData().stream()
                .filter(category -> boxes.containsKey(category.id()))
                .map(category -> category.name() + " (" + boxes.get(category.id()) + ")")
                .toList();
    }

    private static String names(List<CocoCategory> categories) {
        return list(categories.stream().map(CocoCategory::name).toList());
    }

    private static String list(List<String> items) {
        return items.size() <= LISTED
                ? String.join(", ", items)
                : String.join(", ", items.subList(0, LISTED))
                        + " and "
                        + (items.size() - LISTED)
                        + " more";
    }
}
