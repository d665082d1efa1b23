package dev.fern.detection.model;

import dev.fern.cocoeval.CocoCategory;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Which category of a model is which of a data set. Names decide: first equal ones, then those that
 * differ in case, white space, underscores or Unicode composition alone. Ids decide between
 * categories of one name, and where one side has no name: an empty one, or {@code class N} for the
 * id N, which stands for a name that an imported model lacks.
 */
public final class CategoryMatch {

    private final List<CocoCategory> model;
    private final List<CocoCategory> data;

    /** For each category of the model the place of its match in the data set, -1 for none. */
    private final int[] inData;

    /** For each category of the data set the place of its match in the model, -1 for none. */
    private final int[] inModel;

    /**
     * Two categories that stand for the same thing.
     *
     * @param model the model's
     * @param data the data set's
     */
    public record Pair(CocoCategory model, CocoCategory data) {}

    private CategoryMatch(List<CocoCategory> model, List<CocoCategory> data) {
        this.model = List.copyOf(model);
        this.data = List.copyOf(data);
        inData = none(model.size());
        inModel = none(data.size());
    }

    private static int[] none(int size) {
        int[] places = new int[size];
        Arrays.fill(places, -1);
        return places;
    }

    /**
     * Matches categories.
     *
     * @param model a model's categories, in the order of its logits
     * @param data a data set's categories
     * @return which are the same
     * @throws IllegalArgumentException naming categories of which it is not clear which is which
     */
    public static CategoryMatch of(List<CocoCategory> model, List<CocoCategory> data) {
        CategoryMatch match = new CategoryMatch(model, data);
        match.pair((m, d) -> m.id() == d.id() && m.name().equals(d.name()) && !m.name().isEmpty());
        match.pairUnique(CocoCategory::name);
        match.pair((m, d) -> m.id() == d.id() && key(m).equals(key(d)) && !isNameless(m));
        match.pairUnique(CategoryMatch::key);
        match.pair((m, d) -> m.id() == d.id() && (isNameless(m) || isNameless(d)));
        match.requireClear();
        return match;
    }

    /**
     * {@return whether no name tells what a category is}
     *
     * @param category of a model or a data set
     */
    public static boolean isNameless(CocoCategory category) {
        return category.name().isBlank() || category.name().equals("class " + category.id());
    }

    private static String key(CocoCategory category) {
        return Normalizer.normalize(category.name(), Normalizer.Form.NFKC)
                .replaceAll("[\\s\\p{Z}_]+", " ")
                .strip()
                .toUpperCase(Locale.ROOT)
                .toLowerCase(Locale.ROOT);
    }

    /** Pairs categories that have no match yet, the first of each side first. */
    private void pair(BiPredicate<CocoCategory, CocoCategory> same) {
        for (int m = 0; m < inData.length; m++) {
            for (int d = 0; d < inModel.length && inData[m] < 0; d++) {
                if (inModel[d] < 0 && same.test(model.get(m), data.get(d))) {
                    inData[m] = d;
                    inModel[d] = m;
                }
            }
        }
    }

    /** Pairs categories whose name no other category of their side has. */
    private void pairUnique(Function<CocoCategory, String> name) {
        List<String> ofModel = model.stream().map(name).toList();
        List<String> ofData = data.stream().map(name).toList();
        for (int m = 0; m < inData.length; m++) {
            String own = ofModel.get(m);
            int d = ofData.indexOf(own);
            if (d >= 0
                    && inData[m] < 0
                    && inModel[d] < 0
                    && !own.isBlank()
                    && ofModel.indexOf(own) == ofModel.lastIndexOf(own)
                    && d == ofData.lastIndexOf(own)) {
                inData[m] = d;
                inModel[d] = m;
            }
        }
    }

    private void requireClear() {
        for (CocoCategory m : onlyInModel()) {
            for (CocoCategory d : onlyInData()) {
                if (key(m).equals(key(d)) && !isNameless(m)) {
                    throw new IllegalArgumentException(
                            "several categories are called '"
                                    + d.name()
                                    + "' and have other ids than in the model, so that it is not"
                                    + " clear which is which; give them names of their own");
                }
            }
        }
    }

    /**
     * {@return the place of a model's category in the data set, from 0; -1 if that lacks it}
     *
     * @param position its place in the model, from 0
     */
    public int inData(int position) {
        return inData[position];
    }

    /**
     * {@return the id that a model's category has in the data set; empty if that lacks it}
     *
     * @param position its place in the model, from 0
     */
    public OptionalLong idInData(int position) {
        return inData[position] < 0
                ? OptionalLong.empty()
                : OptionalLong.of(data.get(inData[position]).id());
    }

    /**
     * {@return the place of a data set's category in the model, from 0; -1 if that lacks it}
     *
     * @param position its place in the data set, from 0
     */
    public int inModel(int position) {
        return inModel[position];
    }

    /** {@return all matches, in the order of the model} */
    public List<Pair> pairs() {
        return IntStream.range(0, inData.length)
                .filter(m -> inData[m] >= 0)
                .mapToObj(m -> new Pair(model.get(m), data.get(inData[m])))
                .toList();
    }

    /** {@return the named categories of the model that the data set lacks} */
    public List<CocoCategory> onlyInModel() {
        return IntStream.range(0, inData.length)
                .filter(m -> inData[m] < 0)
                .mapToObj(model::get)
                .filter(category -> !isNameless(category))
                .toList();
    }

    /** {@return the categories of the data set that the model lacks} */
    public List<CocoCategory> onlyInData() {
        return IntStream.range(0, inModel.length)
                .filter(d -> inModel[d] < 0)
                .mapToObj(data::get)
                .toList();
    }
}
