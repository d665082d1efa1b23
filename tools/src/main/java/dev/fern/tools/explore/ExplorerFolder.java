package dev.fern.tools.explore;

import dev.fern.detection.files.AtomicFolder;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OutputFolder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The folder of a page with all that it needs.
 *
 * @param path the folder
 */
record ExplorerFolder(Path path) {

    private static final String PAGE = "index.html";
    private static final String DATA = "explored.js";

    /** The files of the page that are the same for all results. */
    private static final List<String> RESOURCES =
            List.of(
                    PAGE,
                    "explorer.css",
                    "data.js",
                    "drawing.js",
                    "gallery.js",
                    "viewer.js",
                    "labels.js",
                    "masks.js",
                    "explorer.js");

    /** {@return the page} */
    Path page() {
        return path.resolve(PAGE);
    }

    /**
     * Checks that the folder is missing, empty, or an earlier one of this kind, so that nothing
     * else in it can be lost.
     *
     * @throws IOException if it can't be read
     * @throws BadInputException naming it if it holds anything else
     */
    void requireReplaceable() throws IOException, BadInputException {
        if (!Files.isDirectory(path) || !isExplorer()) {
            OutputFolder.requireFree(path);
        }
    }

    private boolean isExplorer() throws IOException {
        Set<String> own = new HashSet<>(RESOURCES);
        own.addAll(
                List.of(
                        DATA,
                        ExplorerImages.THUMBNAILS,
                        ExplorerImages.IMAGES,
                        ExplorerMasks.FOLDER));
        try (Stream<Path> entries = Files.list(path)) {
            Set<String> names =
                    entries.map(entry -> entry.getFileName().toString())
                            .collect(Collectors.toSet());
            return names.contains(PAGE) && names.contains(DATA) && own.containsAll(names);
        }
    }

    /**
     * Writes the folder whole or not at all.
     *
     * @param explored what the page shows
     * @param images makes what it needs of the images
     * @return one entry for each image
     * @throws IOException if the folder can't be written
     */
    List<ShownImage> write(ExploredResults explored, ExplorerImages images) throws IOException {
        Path parent = path.toAbsolutePath().normalize().getParent();
        Files.createDirectories(parent);
        Path place = parent.toRealPath().resolve(path.toAbsolutePath().normalize().getFileName());
        List<ShownImage> shown = new ArrayList<>();
        AtomicFolder.replace(
                path,
                fresh -> {
                    shown.addAll(images.write(explored.images(), fresh, place));
                    new ExplorerData(explored, shown).writeTo(fresh.resolve(DATA));
                    ExplorerMasks masks = new ExplorerMasks(explored);
                    if (masks.isNeeded()) {
                        masks.writeTo(fresh.resolve(ExplorerMasks.FOLDER));
                    }
                    for (String name : RESOURCES) {
                        try (InputStream in =
                                ExplorerFolder.class.getResourceAsStream("page/" + name)) {
                            Files.copy(in, fresh.resolve(name));
                        }
                    }
                });
        return shown;
    }
}
