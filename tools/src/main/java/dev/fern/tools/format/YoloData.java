package dev.fern.tools.format;

import dev.fern.tools.annotation.AnnotationFormatException;
import dev.fern.tools.annotation.SourceText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.ConstructNode;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.Schema;

/**
 * Ultralytics' {@code data.yaml}: where the images of each split are, and the names of the
 * categories.
 *
 * @param file the file itself
 * @param root the folder that the splits are relative to
 * @param names of the categories, by their numbers from 0
 * @param splits folders of images, or text files that list images, by {@code train}, {@code val}
 *     and {@code test}
 * @param hasKeypoints whether label lines go on with keypoints after the box
 */
record YoloData(
        Path file,
        Path root,
        List<String> names,
        Map<String, List<Path>> splits,
        boolean hasKeypoints) {

    static final List<String> SPLITS = List.of("train", "val", "test");

    private static final int MOST_BYTES = 8 << 20;
    private static final int MOST_NAMES = 1_000_000;

    /** Takes all scalars as texts, so that categories named no, 1 or null keep their names. */
    private static final class TextSchema implements Schema {

        @Override
        public ScalarResolver getScalarResolver() {
            return (value, implicit) -> Tag.STR;
        }

        @Override
        public Map<Tag, ConstructNode> getSchemaTagConstructors() {
            return Map.of();
        }
    }

    /**
     * Reads a file. Its paths are resolved as ultralytics resolves them: splits relative to {@code
     * path}, and that relative to the file's folder.
     *
     * @throws AnnotationFormatException if it is not YAML, or a field of it is not what it must be
     */
    static YoloData read(Path file) throws IOException {
        Map<?, ?> fields = parse(file);
        Path folder = file.toAbsolutePath().normalize().getParent();
        Path root = folder;
        if (fields.get("path") instanceof String path && !path.isBlank()) {
            root = folder.resolve(path(file, path)).normalize();
            if (!Files.isDirectory(root)) {
                root = folder; // moved to another machine
            }
        }
        Map<String, List<Path>> splits = new LinkedHashMap<>();
        for (String split : SPLITS) {
            List<Path> places = new ArrayList<>();
            for (String place : texts(file, split, fields.get(split))) {
                places.add(place(file, root, place));
            }
            if (!places.isEmpty()) {
                splits.put(split, places);
            }
        }
        return new YoloData(
                file, root, names(file, fields), splits, fields.get("kpt_shape") != null);
    }

    private static Map<?, ?> parse(Path file) throws IOException {
        LoadSettings settings =
                LoadSettings.builder()
                        .setLabel(file.toString())
                        .setSchema(new TextSchema())
                        .setCodePointLimit(MOST_BYTES)
                        .setAllowDuplicateKeys(false)
                        .build();
        try {
            Object document = new Load(settings).loadFromString(SourceText.read(file, MOST_BYTES));
            if (document instanceof Map<?, ?> fields) {
                return fields;
            }
        } catch (YamlEngineException e) {
            throw new AnnotationFormatException(file, "not YAML: " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            throw new AnnotationFormatException(file, "nests too deeply", e);
        }
        throw new AnnotationFormatException(file, "is not a data.yaml: it has no fields");
    }

    private static Path place(Path file, Path root, String place) throws IOException {
        Path resolved = root.resolve(path(file, place)).normalize();
        String slashed = place.replace('\\', '/');
        if (!Files.exists(resolved) && slashed.startsWith("../")) {
            return root.resolve(path(file, slashed.substring(3)))
                    .normalize(); // as Roboflow means it
        }
        return resolved;
    }

    private static Path path(Path file, String text) throws IOException {
        try {
            return Path.of(text.strip().replace('\\', '/'));
        } catch (InvalidPathException e) {
            throw new AnnotationFormatException(file, "path \"" + text + "\" is not valid", e);
        }
    }

    private static List<String> texts(Path file, String field, Object value)
            throws AnnotationFormatException {
        if (value == null || "".equals(value) || "null".equals(value) || "~".equals(value)) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        for (Object item : value instanceof List<?> list ? list : List.of(value)) {
            if (!(item instanceof String text)) {
                throw new AnnotationFormatException(
                        file, field + " is not a path or a list of them");
            }
            texts.add(text);
        }
        return texts;
    }

    private static List<String> names(Path file, Map<?, ?> fields) throws IOException {
        Object value = fields.get("names");
        int count = fields.get("nc") instanceof String nc ? number(file, "nc", nc) : -1;
        List<String> names = new ArrayList<>();
        if (value instanceof List<?> list) {
            for (Object name : list) {
                names.add(name(file, name));
            }
        } else if (value instanceof Map<?, ?> map) {
            TreeMap<Integer, String> byNumber = new TreeMap<>();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                int number = number(file, "names", String.valueOf(entry.getKey()));
                byNumber.put(number, name(file, entry.getValue()));
            }
            for (Map.Entry<Integer, String> entry : byNumber.entrySet()) {
                if (entry.getKey() != names.size()) {
                    throw new AnnotationFormatException(
                            file, "names has no category " + names.size());
                }
                names.add(entry.getValue());
            }
        } else if (value == null && count >= 0) {
            for (int i = 0; i < count; i++) {
                names.add("class_" + i);
            }
        } else {
            throw new AnnotationFormatException(
                    file, "has no names of categories; not a data.yaml of YOLO?");
        }
        if (count >= 0 && count != names.size()) {
            throw new AnnotationFormatException(
                    file, "nc is " + count + ", but there are " + names.size() + " names");
        }
        if (new HashSet<>(names).size() < names.size()) {
            throw new AnnotationFormatException(file, "names has a name twice");
        }
        return names;
    }

    private static String name(Path file, Object name) throws AnnotationFormatException {
        if (name instanceof String text && !text.isEmpty()) {
            return text;
        }
        throw new AnnotationFormatException(file, "names holds \"" + name + "\", not a name");
    }

    private static int number(Path file, String field, String text)
            throws AnnotationFormatException {
        try {
            int number = Integer.parseInt(text.strip());
            if (number >= 0 && number <= MOST_NAMES) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The exception below says so.
        }
        throw new AnnotationFormatException(
                file, field + " has \"" + text + "\" where a number of a category belongs");
    }
}
