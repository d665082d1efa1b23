package dev.fern.tools.dataset;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.files.TextFile;
import dev.fern.detection.settings.StrictJson;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.console.OutputFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fern dataset remap}: changes the names and ids of the categories of a COCO file. */
@Command(
        name = "remap",
        sortOptions = false,
        description = {
            "Changes names and ids of the categories of a COCO file.",
            "",
            "Categories that get one name become one category. Of their ids, that of the category"
                    + " which has the name already stays, or else the least. Records keep all"
                    + " other fields."
        },
        footer = {
            "",
            "Examples:",
            "  fern dataset remap --annotations instances.json --rename car=vehicle \\",
            "      --rename truck=vehicle --output vehicles.json",
            "  fern dataset remap --annotations val.json --ids-of train.json --output val2.json"
        })
final class RemapCommand implements Callable<Integer> {

    @Option(
            names = "--annotations",
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file, plain or gzip.")
    private Path annotations;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "COCO instances file to write.")
    private Path output;

    @Option(
            names = "--rename",
            paramLabel = "NAME=NAME",
            description = "Give a category another name; may be given several times.")
    private Map<String, String> renames = new LinkedHashMap<>();

    @Option(
            names = "--mapping",
            paramLabel = "FILE",
            description =
                    "JSON object of new names by old ones, such as {\"car\": \"vehicle\"}. Names"
                            + " may hold any character.")
    private Path mapping;

    @Option(
            names = "--number-from",
            paramLabel = "N",
            description =
                    "Number the categories N, N + 1 and so on, in the order of their ids. Default:"
                            + " ids stay.")
    private Long first;

    @Option(
            names = "--ids-of",
            paramLabel = "FILE",
            description =
                    "Give categories the ids that those of the same names have in this COCO file,"
                            + " which must have them all.")
    private Path model;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException, BadInputException {
        OutputFile.require(output, Arrays.asList(annotations, mapping, model));
        if (first != null && model != null) {
            throw new BadInputException("give --number-from or --ids-of, not both");
        }
        Map<String, String> newNames = new LinkedHashMap<>(renames);
        if (mapping != null) {
            newNames.putAll(readMapping());
        }
        CocoDataset dataset = CocoDataset.read(annotations);
        CategoryNames.requireKnown(annotations, dataset, newNames.keySet());
        Map<String, CocoCategory> kept = kept(dataset, newNames);
        Map<String, JsonElement> idByName = ids(dataset, kept);
        Map<Long, String> nameById = new HashMap<>();
        for (CocoCategory category : dataset.categories()) {
            nameById.put(category.id(), renamed(category, newNames));
        }
        Map<String, String> nameByKeptId = new HashMap<>();
        kept.forEach((name, category) -> nameByKeptId.put(dataset.idText(category.id()), name));
        CocoEdit edit =
                new CocoEdit(
                        annotations,
                        CocoEdit.Rule.ALL,
                        (i, category) -> {
                            String name = nameByKeptId.get(CocoEdit.idText(category.get("id")));
                            category.addProperty("name", name);
                            category.add("id", idByName.get(name));
                            return name != null;
                        },
                        (i, object) -> {
                            long id = dataset.annotations().get(i).categoryId();
                            object.add("category_id", idByName.get(nameById.get(id)));
                            return true;
                        });
        CocoEdit.Counts counts = CocoEdit.write(List.of(edit), output);
        spec.commandLine()
                .getOut()
                .printf("%s: %s; of %d categories%n", output, counts, dataset.categories().size())
                .flush();
        return 0;
    }

    private static String renamed(CocoCategory category, Map<String, String> newNames) {
        return newNames.getOrDefault(category.name(), category.name());
    }

    /** Returns the category whose record each name keeps, in the order of their ids. */
    private static Map<String, CocoCategory> kept(
            CocoDataset dataset, Map<String, String> newNames) {
        Map<String, CocoCategory> kept = new LinkedHashMap<>();
        for (CocoCategory category : dataset.categories()) {
            String name = renamed(category, newNames);
            CocoCategory earlier = kept.get(name);
            boolean hasName = category.name().equals(name);
            if (earlier == null || hasName && !earlier.name().equals(name)) {
                kept.put(name, category);
            }
        }
        return kept;
    }

    private Map<String, JsonElement> ids(CocoDataset dataset, Map<String, CocoCategory> kept)
            throws IOException, BadInputException {
        Map<String, JsonElement> ids = new HashMap<>();
        if (model != null) {
            CocoDataset other = CocoDataset.read(model);
            CategoryNames.requireKnown(model, other, kept.keySet());
            for (CocoCategory category : other.categories()) {
                ids.putIfAbsent(category.name(), other.idJson(category.id()));
            }
            return ids;
        }
        Set<String> inOrder = new LinkedHashSet<>();
        for (CocoCategory category : dataset.categories()) {
            for (Map.Entry<String, CocoCategory> entry : kept.entrySet()) {
                if (entry.getValue().equals(category)) {
                    inOrder.add(entry.getKey());
                }
            }
        }
        for (String name : inOrder) {
            ids.put(
                    name,
                    first == null
                            ? dataset.idJson(kept.get(name).id())
                            : new JsonPrimitive(first + ids.size()));
        }
        return ids;
    }

    private Map<String, String> readMapping() throws IOException, BadInputException {
        Map<String, String> names = new LinkedHashMap<>();
        try {
            for (Map.Entry<String, JsonElement> entry :
                    StrictJson.parse(TextFile.read(mapping)).getAsJsonObject().entrySet()) {
                Optional<String> name =
                        Optional.of(entry.getValue())
                                .filter(JsonElement::isJsonPrimitive)
                                .map(JsonElement::getAsString);
                if (name.isEmpty() || name.get().isEmpty()) {
                    throw new BadInputException(
                            mapping + ": \"" + entry.getKey() + "\" has no name as its value");
                }
                names.put(entry.getKey(), name.get());
            }
        } catch (JsonParseException | IllegalArgumentException | IllegalStateException e) {
            throw new BadInputException(mapping + ": not an object of names: " + e.getMessage(), e);
        }
        return names;
    }
}
