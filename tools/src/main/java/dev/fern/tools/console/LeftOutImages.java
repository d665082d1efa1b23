package dev.fern.tools.console;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Tells on standard error of images that were left out, of each once. */
public final class LeftOutImages {

    private final Set<String> told = new HashSet<>();

    /**
     * Counts those that were not told of yet, and names the first.
     *
     * @param kind such as "training images"
     * @param problems one an image; the message names it
     */
    public void warn(String kind, List<? extends IOException> problems) {
        List<String> fresh =
                problems.stream().map(Throwable::getMessage).filter(told::add).toList();
        if (!fresh.isEmpty()) {
            System.err.printf(
                    "warning: %d %s were left out, the first: %s%n",
                    fresh.size(), kind, VisibleText.of(fresh.get(0)));
        }
    }
}
