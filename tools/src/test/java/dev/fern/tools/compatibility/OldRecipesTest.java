package dev.fern.tools.compatibility;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.tools.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Recipes as they were before come to the same settings. */
class OldRecipesTest {

    /** What makes a training of any recipe short. */
    private static final Map<String, String> TINY =
            Map.ofEntries(
                    Map.entry("backbone", "\"resnet18\""),
                    Map.entry("width", "0.015625"),
                    Map.entry("pyramidChannels", "4"),
                    Map.entry("headConvolutions", "0"),
                    Map.entry("minSize", "64"),
                    Map.entry("maxSize", "64"),
                    Map.entry("multiScale", "[]"),
                    Map.entry("batchSize", "1"),
                    Map.entry("accumulate", "1"),
                    Map.entry("steps", "1"));

    @TempDir static Path folder;

    private static OldFiles old;

    @BeforeAll
    static void unpack() throws IOException {
        old = OldFiles.unpack(folder);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bccd-sweep",
                "bccd-yardstick",
                "bccd",
                "coco-finetune-1x",
                "coco-frn-resnet101",
                "coco-frn-resnet50",
                "coco-mini-overfit",
                "laptop",
                "shapes-sweep"
            })
    void everySettingIsWhatItWas(String name) throws IOException {
        Path run = folder.resolve("run-" + name);
        List<String> arguments = new ArrayList<>(List.of("train"));
        arguments.addAll(old.dataOptions());
        arguments.add("--limit-train=1");
        arguments.add("--limit-val=1");
        arguments.add("--output=" + run);
        arguments.add("--config=" + old.path("recipes/" + name + ".json"));
        TINY.forEach((key, value) -> arguments.add("--set=" + key + "=" + value));
        CommandRun trained = CommandRun.of(arguments.toArray(String[]::new));
        assertThat(trained.status()).as(trained.errors().toString()).isZero();

        Map<String, JsonElement> expected =
                new HashMap<>(old.object("recipes-resolved/" + name + ".json").asMap());
        TINY.forEach((key, value) -> expected.put(key, JsonParser.parseString(value)));
        JsonObject settings =
                JsonParser.parseString(Files.readString(run.resolve("config.json")))
                        .getAsJsonObject();
        assertThat(settings.asMap()).containsAllEntriesOf(expected);
    }
}
