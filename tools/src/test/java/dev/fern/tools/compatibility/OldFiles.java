package dev.fern.tools.compatibility;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * What Fern wrote at commit ef063e5, before its settings, packages and networks were rearranged,
 * unpacked into a folder. {@code make.sh} beside the archive tells how each file was made.
 *
 * @param folder where the files are
 */
record OldFiles(Path folder) {

    private static final String ARCHIVE = "ef063e5.zip";

    /** Stands in the archive for the folder that the files were made in. */
    private static final String FOLDER = "@WORK@";

    private static final List<String> TEXTS = List.of(".json", ".jsonl", ".csv", ".txt");

    /** Unpacks the archive. */
    static OldFiles unpack(Path folder) throws IOException {
        try (InputStream archive = OldFiles.class.getResourceAsStream(ARCHIVE);
                ZipInputStream zip = new ZipInputStream(archive)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path file = folder.resolve(entry.getName());
                Files.createDirectories(file.getParent());
                byte[] content = zip.readAllBytes();
                if (TEXTS.stream().anyMatch(entry.getName()::endsWith)) {
                    content =
                            new String(content, StandardCharsets.UTF_8)
                                    .replace(FOLDER, folder.toString())
                                    .getBytes(StandardCharsets.UTF_8);
                }
                Files.write(file, content);
            }
        }
        OldFiles files = new OldFiles(folder);
        for (int i = 1; i <= 6; i++) {
            Path image = files.images().resolve("00000" + i + ".jpg");
            Path place = files.classes().resolve(i <= 3 ? "first" : "second");
            Files.createDirectories(place);
            Files.copy(image, place.resolve(image.getFileName()));
        }
        return files;
    }

    /** The six pictures that everything was trained on. */
    Path images() {
        return folder.resolve("data/images");
    }

    /** The same pictures in a sub-folder for each of two classes. */
    Path classes() {
        return folder.resolve("classes");
    }

    /** The options of {@code fern train} and {@code fern sweep} that name the pictures. */
    List<String> dataOptions() {
        Path annotations = folder.resolve("data/annotations.json");
        return List.of(
                "--train-annotations=" + annotations,
                "--train-images=" + images(),
                "--val-annotations=" + annotations,
                "--val-images=" + images());
    }

    Path path(String name) {
        return folder.resolve(name);
    }

    JsonObject object(String name) throws IOException {
        return JsonParser.parseString(Files.readString(path(name))).getAsJsonObject();
    }

    JsonArray array(String name) throws IOException {
        return JsonParser.parseString(Files.readString(path(name))).getAsJsonArray();
    }

    /** Returns the lines of a file of metrics. */
    List<JsonObject> lines(String name) throws IOException {
        List<JsonObject> lines = new ArrayList<>();
        for (String line : Files.readAllLines(path(name))) {
            lines.add(JsonParser.parseString(line).getAsJsonObject());
        }
        return lines;
    }

    /** Returns the objects of an array. */
    static List<JsonObject> objects(JsonArray array) {
        return array.asList().stream().map(JsonElement::getAsJsonObject).toList();
    }
}
