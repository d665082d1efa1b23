package dev.fern.tools.dataset;

import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Divides images into parts in which each category comes as often as the parts' sizes tell, in the
 * manner of iterative stratification (Sechidis, Tsoumakas, Vlahavas, "On the Stratification of
 * Multi-Label Data", ECML PKDD 2011): the images of the category with the fewest left are dealt out
 * first.
 *
 * <p>Unlike there, the sizes of the parts are exact, and an image goes where it lessens the sum of
 * (w_k)^2 / s_k over its categories k most, where w_k is how many images of the category the part
 * still wants and s_k how many it should have. So frequent categories, which come last, are even
 * too.
 */
public final class StratifiedSplit {

    private final int[] room;
    private final double[] fractions;
    private final List<CocoImage> images;
    private final int[] parts;

    /** The indices of the images that have a category and are not dealt out, by category. */
    private final Map<Long, Deque<Integer>> left = new TreeMap<>();

    /** How many more images of a category each part should get. */
    private final Map<Long, double[]> wanted = new HashMap<>();

    /** How many images of a category each part should have. */
    private final Map<Long, double[]> share = new HashMap<>();

    private final List<List<Long>> categories = new ArrayList<>();

    private StratifiedSplit(CocoDataset dataset, double[] fractions, long seed) {
        this.fractions = fractions.clone();
        images = dataset.images();
        parts = new int[images.size()];
        room = sizes(images.size(), fractions);
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            parts[i] = -1;
            order.add(i);
            categories.add(
                    dataset.annotationsOf(images.get(i).id()).stream()
                            .map(CocoAnnotation::categoryId)
                            .distinct()
                            .toList());
        }
        Collections.shuffle(order, new Random(seed));
        for (int i : order) {
            for (long category : categories.get(i)) {
                left.computeIfAbsent(category, id -> new ArrayDeque<>()).add(i);
            }
        }
        left.forEach((category, with) -> wanted.put(category, shares(with.size())));
        left.forEach((category, with) -> share.put(category, shares(with.size())));
        deal();
        for (int i : order) {
            if (parts[i] < 0) {
                place(i);
            }
        }
    }

    /**
     * Divides the images of a data set.
     *
     * @param dataset the images with their annotations
     * @param fractions of the parts, positive, which add up to 1
     * @param seed decides which images go where; the same seed gives the same parts
     * @return the part of each image, from 0, in the order of the images
     */
    public static int[] of(CocoDataset dataset, double[] fractions, long seed) {
        return new StratifiedSplit(dataset, fractions, seed).parts;
    }

    /** Returns whole numbers in proportion to fractions, by the largest remainders. */
    static int[] sizes(int total, double[] fractions) {
        int[] sizes = new int[fractions.length];
        List<Integer> byRemainder = new ArrayList<>();
        int given = 0;
        for (int i = 0; i < sizes.length; i++) {
            // Rounding errors of fractions such as 0.7 + 0.2 + 0.1 make no remainder.
            sizes[i] = (int) Math.floor(total * fractions[i] + 1e-9);
            given += sizes[i];
            byRemainder.add(i);
        }
        byRemainder.sort(
                (a, b) -> Double.compare(rest(total, fractions[b]), rest(total, fractions[a])));
        for (int i = 0; given < total; i++, given++) {
            sizes[byRemainder.get(i % sizes.length)]++;
        }
        return sizes;
    }

    private static double rest(int total, double fraction) {
        double exact = total * fraction;
        return exact - Math.floor(exact + 1e-9);
    }

    private double[] shares(int count) {
        double[] shares = new double[fractions.length];
        for (int i = 0; i < shares.length; i++) {
            shares[i] = fractions[i] * count;
        }
        return shares;
    }

    private void deal() {
        while (!left.isEmpty()) {
            long rarest = -1;
            int fewest = Integer.MAX_VALUE;
            for (Map.Entry<Long, Deque<Integer>> entry : left.entrySet()) {
                entry.getValue().removeIf(i -> parts[i] >= 0);
                int count = entry.getValue().size();
                if (count > 0 && count < fewest) {
                    rarest = entry.getKey();
                    fewest = count;
                }
            }
            if (fewest == Integer.MAX_VALUE) {
                return;
            }
            for (int i : left.remove(rarest)) {
                place(i);
            }
        }
    }

    /** Puts an image into the part that wants it most and has room. */
    private void place(int image) {
        int best = -1;
        double most = Double.NEGATIVE_INFINITY;
        for (int part = 0; part < room.length; part++) {
            double gain = gain(room[part], fractions[part] * images.size());
            for (long category : categories.get(image)) {
                gain += gain(wanted.get(category)[part], share.get(category)[part]);
            }
            if (room[part] > 0 && gain > most) {
                best = part;
                most = gain;
            }
        }
        parts[image] = best;
        room[best]--;
        for (long category : categories.get(image)) {
            wanted.get(category)[best]--;
        }
    }

    /** Returns how much w^2 / s lessens if w lessens by 1. */
    private static double gain(double wanted, double share) {
        return (2 * wanted - 1) / share;
    }
}
