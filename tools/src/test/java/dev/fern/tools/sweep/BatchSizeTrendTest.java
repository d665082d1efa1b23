package dev.fern.tools.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.tools.CommandRun;
import dev.fern.tools.dataset.ShapesSynthesizer;
import dev.fern.tools.dataset.ShapesSynthesizer.Split;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The trend that this project is about, on synthetic pictures: takes some minutes, and is left out
 * of the build unless its profile {@code trend} is on.
 */
@Tag("trend")
class BatchSizeTrendTest {

    @TempDir Path folder;

    @Test
    void batchNormSuffersFromSmallBatchesAndFrnDoesNot() throws Exception {
        ShapesSynthesizer synthesizer = new ShapesSynthesizer(256, 192, 0);
        synthesizer.write(folder, Split.TRAIN, 200);
        synthesizer.write(folder, Split.VAL, 100);
        Path output = folder.resolve("sweep");
        CommandRun run =
                CommandRun.of(
                        "sweep",
                        "--norms=frn,bn",
                        "--batch-sizes=1,8",
                        "--seeds=1",
                        "--processes=2",
                        "--train-annotations=" + folder.resolve("annotations/instances_train.json"),
                        "--train-images=" + folder.resolve("train"),
                        "--val-annotations=" + folder.resolve("annotations/instances_val.json"),
                        "--val-images=" + folder.resolve("val"),
                        "--config=" + Path.of("..", "configs", "shapes-sweep.json"),
                        "--output=" + output);
        assertThat(run.status()).as(String.join("\n", run.errors())).isZero();
        System.out.println(run.out());
        JsonArray means =
                JsonParser.parseString(Files.readString(output.resolve("results.json")))
                        .getAsJsonObject()
                        .getAsJsonArray("means");
        double frn = ap(means, "frn", 1);
        double bn = ap(means, "bn", 1);
        assertThat(frn).isGreaterThan(0.1).isGreaterThan(bn);
        assertThat(ap(means, "frn", 8) - frn).isLessThan(ap(means, "bn", 8) - bn);
    }

    private static double ap(JsonArray means, String norm, int batchSize) {
        for (int i = 0; i < means.size(); i++) {
            JsonObject entry = means.get(i).getAsJsonObject();
            if (entry.get("norm").getAsString().equals(norm)
                    && entry.get("batch_size").getAsInt() == batchSize) {
                return entry.getAsJsonObject("AP").get("mean").getAsDouble();
            }
        }
        throw new AssertionError("no " + norm + " at batch size " + batchSize);
    }
}
