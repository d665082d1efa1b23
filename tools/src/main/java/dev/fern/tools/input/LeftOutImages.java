package dev.fern.tools.input;

import dev.fern.tools.console.VisibleText;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Warns on standard error about images that were left out, once about each. */
public final class LeftOutImages {

    private final Set<String> reported = new HashSet<>();

    /**
     * Warns about those images that no earlier call has warned about: counts them and names the
     * first.
     *
     * @param kind what the images are, such as "training images"
     * @param problems one per image, whose message names it
     */
    public void warn(String kind, List<? extends IOException> problems) {
        List<String> fresh =
                problems.stream().map(Throwable::getMessage).filter(reported::add).toList();
        if (!fresh.isEmpty()) {
            System.err.printf(
                    "warning: %d %s were left out, the first: %s%n",
                    fresh.size(), kind, VisibleText.of(fresh.get(0)));
        }
    }
}
