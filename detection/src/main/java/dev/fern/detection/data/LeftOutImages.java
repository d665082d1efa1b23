package dev.fern.detection.data;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Warns about images that were left out, once about each. */
public final class LeftOutImages {

    private final Consumer<String> told;
    private final Set<String> reported = new HashSet<>();

    /**
     * Begins without any warning.
     *
     * @param told receives the warnings, one line each
     */
    public LeftOutImages(Consumer<String> told) {
        this.told = told;
    }

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
            told.accept(
                    String.format(
                            "warning: %d %s were left out, the first: %s",
                            fresh.size(), kind, fresh.get(0)));
        }
    }
}
