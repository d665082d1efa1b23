package dev.fern.tools.detect;

import dev.fern.tools.annotation.FileNames;
import dev.fern.tools.input.FileKind;
import dev.fern.tools.input.InputImages;
import dev.fern.tools.input.InputImages.InputFile;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** What is detected in: image files, and what is read once from its beginning to its end. */
final class Inputs {

    private final List<InputFile> images = new ArrayList<>();
    private final List<InputFile> videos = new ArrayList<>();
    private final Map<String, String> stems = new HashMap<>();

    private Inputs() {}

    /** Tells images from videos, pipes and devices. */
    static Inputs of(List<InputFile> files) throws IOException {
        Inputs inputs = new Inputs();
        Set<String> taken = new HashSet<>();
        for (InputFile file : files) {
            boolean isVideo =
                    file.path().equals(InputImages.STANDARD_INPUT) && !Files.exists(file.path())
                            || FileKind.isVideo(file.path());
            (isVideo ? inputs.videos : inputs.images).add(file);
            inputs.stems.put(file.name(), freeStem(file.name(), taken));
        }
        return inputs;
    }

    private static String freeStem(String name, Set<String> taken) {
        boolean isStandardInput = name.equals(InputImages.STANDARD_INPUT.toString());
        String stem = isStandardInput ? "stdin" : FileNames.withoutExtension(name);
        String free = stem;
        for (int i = 2; !taken.add(free); i++) {
            free = stem + "-" + i;
        }
        return free;
    }

    List<InputFile> images() {
        return images;
    }

    List<InputFile> videos() {
        return videos;
    }

    List<InputFile> all() {
        return Stream.concat(images.stream(), videos.stream()).toList();
    }

    /** Returns the relative path, without extension, for files about an input. */
    String stem(InputFile file) {
        return stems.get(file.name());
    }
}
