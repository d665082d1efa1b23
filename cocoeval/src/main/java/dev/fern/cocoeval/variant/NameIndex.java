package dev.fern.cocoeval.variant;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds images by the names of their files, whatever folders or servers the names have before their
 * last part. Where several images share a last part, the one that has the most parts in common with
 * the name that is sought is found.
 *
 * @param <T> what is found
 */
public final class NameIndex<T> {
    private record Entry<T>(ImageFileName name, T found) {}

    private final Map<String, List<Entry<T>>> byLastPart = new HashMap<>();

    /** Makes an empty index. */
    public NameIndex() {}

    /**
     * Adds an image.
     *
     * @param name of its file
     * @param found what a search for it finds
     */
    public void add(String name, T found) {
        ImageFileName parsed = ImageFileName.of(name);
        byLastPart
                .computeIfAbsent(parsed.last(), last -> new ArrayList<>(1))
                .add(new Entry<>(parsed, found));
    }

    /**
     * Finds an image.
     *
     * @param name of its file
     * @return empty if no image has this last part, or if several have and are equally like it
     */
    public Optional<T> find(String name) {
        ImageFileName parsed = ImageFileName.of(name);
        List<Entry<T>> entries = byLastPart.get(parsed.last());
        if (entries == null) {
            entries = byLastPart.getOrDefault(parsed.uploaded(), List.of());
        }
        if (entries.size() == 1) {
            return Optional.of(entries.get(0).found);
        }
        int most = 0;
        Optional<T> best = Optional.empty();
        for (Entry<T> entry : entries) {
            int common = entry.name.commonParts(parsed);
            if (common >= most) {
                best = common > most ? Optional.of(entry.found) : Optional.empty();
                most = common;
            }
        }
        return best;
    }
}
