package dev.fern.cocoeval.mask;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The single mask functions of pycocotools, from shared/parity/cocoeval-masks/primitives.json. */
class RleParityTest {
    private static final Path FILE =
            Path.of(System.getProperty("fern.shared", "shared"))
                    .resolve("parity/cocoeval-masks/primitives.json");

    private static JsonObject primitives;
    private static final Map<String, Rle> MASKS = new HashMap<>();

    @BeforeAll
    static void read() throws IOException {
        assumeTrue(Files.exists(FILE), "skipped: no " + FILE);
        primitives = JsonParser.parseString(Files.readString(FILE)).getAsJsonObject();
        for (JsonElement element : primitives.getAsJsonArray("masks")) {
            JsonObject mask = element.getAsJsonObject();
            JsonArray size = mask.getAsJsonArray("size");
            MASKS.put(
                    mask.get("name").getAsString(),
                    Rle.parse(
                            size.get(0).getAsLong(),
                            size.get(1).getAsLong(),
                            mask.get("counts").getAsString()));
        }
    }

    @Test
    void masksHaveTheRunsTextAreaAndBoxOfPycocotools() {
        for (JsonElement element : primitives.getAsJsonArray("masks")) {
            JsonObject expected = element.getAsJsonObject();
            String name = expected.get("name").getAsString();
            Rle mask = MASKS.get(name);
            assertThat(mask.runs()).as(name).isEqualTo(longs(expected.getAsJsonArray("runs")));
            assertThat(mask.text()).as(name).isEqualTo(expected.get("counts").getAsString());
            assertThat(Rle.ofRuns(mask.height(), mask.width(), mask.runs()))
                    .as(name)
                    .isEqualTo(mask);
            assertThat(mask.area()).as(name).isEqualTo(expected.get("area").getAsLong());
            if (mask.height() > 0) {
                assertThat(mask.box()).as(name).isEqualTo(doubles(expected.getAsJsonArray("bbox")));
            }
        }
    }

    @Test
    void polygonsAreDrawnToThePixel() {
        int drawn = 0;
        for (JsonElement element : primitives.getAsJsonArray("masks")) {
            JsonObject expected = element.getAsJsonObject();
            if (expected.has("polygons")) {
                Rle mask = MASKS.get(expected.get("name").getAsString());
                List<double[]> polygons = new ArrayList<>();
                for (JsonElement polygon : expected.getAsJsonArray("polygons")) {
                    double[] xy = doubles(polygon.getAsJsonArray());
                    String part =
                            expected.getAsJsonArray("parts").get(polygons.size()).getAsString();
                    polygons.add(xy);
                    assertThat(Rle.ofPolygons(mask.height(), mask.width(), List.of(xy)).text())
                            .as(expected.get("name").getAsString())
                            .isEqualTo(part);
                }
                assertThat(Rle.ofPolygons(mask.height(), mask.width(), polygons)).isEqualTo(mask);
                drawn++;
            }
        }
        assertThat(drawn).isGreaterThan(30);
    }

    @Test
    void pixelsGoThereAndBack() {
        for (JsonElement element : primitives.getAsJsonArray("masks")) {
            JsonObject expected = element.getAsJsonObject();
            if (expected.has("rows")) {
                JsonArray rows = expected.getAsJsonArray("rows");
                boolean[][] pixels = new boolean[rows.size()][];
                for (int y = 0; y < pixels.length; y++) {
                    String row = rows.get(y).getAsString();
                    pixels[y] = new boolean[row.length()];
                    for (int x = 0; x < row.length(); x++) {
                        pixels[y][x] = row.charAt(x) == '#';
                    }
                }
                Rle mask = MASKS.get(expected.get("name").getAsString());
                assertThat(Rle.ofPixels(pixels)).isEqualTo(mask);
                assertThat(mask.decode()).isDeepEqualTo(pixels);
            }
        }
    }

    @Test
    void masksAreMergedAsByPycocotools() {
        for (JsonElement element : primitives.getAsJsonArray("merge")) {
            JsonObject expected = element.getAsJsonObject();
            List<Rle> masks = named(expected.getAsJsonArray("masks"));
            assertThat(Rle.union(masks)).isEqualTo(mask(expected.getAsJsonObject("union")));
            assertThat(Rle.intersection(masks))
                    .isEqualTo(mask(expected.getAsJsonObject("intersection")));
        }
    }

    @Test
    void overlapsAreThoseOfPycocotools() {
        for (JsonElement element : primitives.getAsJsonArray("iou")) {
            JsonObject expected = element.getAsJsonObject();
            List<Rle> detections = named(expected.getAsJsonArray("dt"));
            List<Rle> truths = named(expected.getAsJsonArray("gt"));
            JsonArray crowds = expected.getAsJsonArray("iscrowd");
            for (int d = 0; d < detections.size(); d++) {
                double[] row = doubles(expected.getAsJsonArray("iou").get(d).getAsJsonArray());
                for (int g = 0; g < truths.size(); g++) {
                    assertThat(
                                    crowds.get(g).getAsInt() != 0
                                            ? detections.get(d).partWithin(truths.get(g))
                                            : detections.get(d).iou(truths.get(g)))
                            .isEqualTo(row[g]);
                }
            }
        }
    }

    @Test
    void boxesAreDrawnAsByPycocotools() {
        JsonObject boxes = primitives.getAsJsonObject("boxes");
        long[] size = longs(boxes.getAsJsonArray("size"));
        for (int i = 0; i < boxes.getAsJsonArray("boxes").size(); i++) {
            double[] box = doubles(boxes.getAsJsonArray("boxes").get(i).getAsJsonArray());
            assertThat(Rle.ofBox(size[0], size[1], box).text())
                    .isEqualTo(boxes.getAsJsonArray("counts").get(i).getAsString());
        }
    }

    private static List<Rle> named(JsonArray names) {
        return names.asList().stream().map(name -> MASKS.get(name.getAsString())).toList();
    }

    private static Rle mask(JsonObject expected) {
        long[] size = longs(expected.getAsJsonArray("size"));
        return Rle.parse(size[0], size[1], expected.get("counts").getAsString());
    }

    private static long[] longs(JsonArray numbers) {
        return numbers.asList().stream().mapToLong(JsonElement::getAsLong).toArray();
    }

    private static double[] doubles(JsonArray numbers) {
        return numbers.asList().stream().mapToDouble(JsonElement::getAsDouble).toArray();
    }
}
