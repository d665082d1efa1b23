package dev.fern.tools.weights;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.tools.console.BadInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The categories of an imported detector, whose weights do not name them.
 *
 * @param file COCO instances file that names them; null for COCO's own names where their number
 *     fits, else numbers
 */
record ClassNames(Path file) {

    /**
     * {@return a category for each class of a network whose class numbers are category ids and
     * whose class 0 is the background}
     *
     * @param count number of classes, the background included
     * @throws BadInputException if the file has a category id that is no class number
     * @throws IOException if the file can't be read
     */
    List<CocoCategory> withBackground(int count) throws IOException, BadInputException {
        if (file == null) {
            return count == CocoNames.CLASSES ? CocoNames.byClass() : numbered(0, count);
        }
        List<CocoCategory> known = CocoDataset.read(file).categories();
        for (CocoCategory category : known) {
            if (category.id() < 1 || category.id() >= count) {
                throw new BadInputException(
                        file
                                + ": category "
                                + category.name()
                                + " has id "
                                + category.id()
                                + ", but the model's classes are 1 to "
                                + (count - 1));
            }
        }
        return numbered(0, count).stream()
                .map(
                        number ->
                                known.stream()
                                        .filter(c -> c.id() == number.id())
                                        .findFirst()
                                        .orElse(number))
                .toList();
    }

    /**
     * {@return a category for each class of a network without a background, whose classes are the
     * categories in the order of their ids}
     *
     * @param count number of classes
     * @throws BadInputException if the file has another number of categories
     * @throws IOException if the file can't be read
     */
    List<CocoCategory> inOrder(int count) throws IOException, BadInputException {
        if (file == null) {
            List<CocoCategory> coco = CocoNames.categories();
            return count == coco.size() ? coco : numbered(1, count);
        }
        List<CocoCategory> known =
                CocoDataset.read(file).categories().stream()
                        .sorted(Comparator.comparingLong(CocoCategory::id))
                        .toList();
        if (known.size() != count) {
            throw new BadInputException(
                    file
                            + ": has "
                            + known.size()
                            + " categories, but the model has "
                            + count
                            + " classes");
        }
        return known;
    }

    private static List<CocoCategory> numbered(int first, int count) {
        return IntStream.range(first, first + count)
                .mapToObj(k -> new CocoCategory(k, "class " + k, ""))
                .toList();
    }
}
