package dev.fern.tools.dataset;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.VisibleText;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/** Checks names of categories that the user gives. */
final class CategoryNames {

    private CategoryNames() {}

    /**
     * Checks that a data set has categories of some names.
     *
     * @param file the data set's, for the message
     * @throws BadInputException naming the first that it lacks, and those that it has
     */
    static void requireKnown(Path file, CocoDataset dataset, Collection<String> names)
            throws BadInputException {
        List<String> known = dataset.categories().stream().map(CocoCategory::name).toList();
        for (String name : names) {
            if (!known.contains(name)) {
                throw new BadInputException(
                        file
                                + ": has no category \""
                                + VisibleText.of(name)
                                + "\"; it has "
                                + VisibleText.of(known));
            }
        }
    }
}
