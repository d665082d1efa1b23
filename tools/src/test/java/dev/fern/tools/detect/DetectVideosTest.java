package dev.fern.tools.detect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.video.FrameSource;
import dev.fern.detection.video.Videos;
import dev.fern.tools.CommandRun;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Detection in videos: the frames are images, and a video that breaks off loses none of them. */
class DetectVideosTest {

    @TempDir static Path folder;

    private static TestModel model;

    @TempDir Path work;

    @BeforeAll
    static void train() throws IOException {
        model = new TestModel(folder);
    }

    /** An AVI file of the model's pictures without an index: chunks behind each other. */
    private static byte[] avi() throws IOException {
        ByteArrayOutputStream movie = new ByteArrayOutputStream();
        movie.writeBytes("movi".getBytes(StandardCharsets.US_ASCII));
        for (Path picture : model.pictures()) {
            movie.writeBytes(chunk("00dc", Files.readAllBytes(picture)));
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes("AVI ".getBytes(StandardCharsets.US_ASCII));
        all.writeBytes(
                chunk(
                        "avih",
                        ByteBuffer.allocate(56)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .putInt(0, 100_000)
                                .putInt(16, 4)
                                .array()));
        all.writeBytes(chunk("LIST", movie.toByteArray()));
        return chunk("RIFF", all.toByteArray());
    }

    private static byte[] chunk(String id, byte[] content) {
        return ByteBuffer.allocate(8 + content.length + content.length % 2)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(id.getBytes(StandardCharsets.US_ASCII))
                .putInt(content.length)
                .put(content)
                .array();
    }

    /** The boxes and scores, whatever images they are of. */
    private static List<String> objects(JsonArray results) {
        List<String> objects = new ArrayList<>();
        for (JsonElement result : results) {
            JsonObject object = result.getAsJsonObject();
            objects.add(
                    object.get("image_id")
                            + " "
                            + object.get("category_id")
                            + object.get("bbox")
                            + object.get("score"));
        }
        return objects;
    }

    private static List<Long> frames(JsonArray results) {
        return results.asList().stream()
                .map(r -> r.getAsJsonObject().get("frame").getAsLong())
                .distinct()
                .toList();
    }

    private static long framesIn(Path video) throws IOException {
        long count = 0;
        try (FrameSource frames = Videos.open(video, ImageReader.standard())) {
            while (frames.advance()) {
                frames.frame().close();
                count++;
            }
        }
        return count;
    }

    @Test
    void framesGiveWhatTheSameImagesGive() throws IOException {
        Path clip = Files.write(work.resolve("clip.avi"), avi());
        Path drawn = work.resolve("drawn.avi");
        JsonArray ofFrames = model.results(work.resolve("frames.json"), "--output=" + drawn, clip);
        JsonArray ofImages = model.results(work.resolve("images.json"), folder.resolve("train"));
        assertThat(objects(ofFrames)).isNotEmpty().isEqualTo(objects(ofImages));
        assertThat(frames(ofFrames)).containsExactly(1L, 2L, 3L, 4L);
        assertThat(ofFrames.toString()).contains("\"file_name\":\"clip.avi\"");
        assertThat(framesIn(drawn)).isEqualTo(4);
        try (FrameSource frames = Videos.open(drawn, ImageReader.standard())) {
            assertThat(frames.framesPerSecond()).isEqualTo(10);
        }
    }

    @Test
    void everySecondFrameKeepsItsNumber() throws IOException {
        Path clip = Files.write(work.resolve("clip.avi"), avi());
        Path drawn = work.resolve("drawn");
        JsonArray found =
                model.results(work.resolve("found.json"), "--every=2", "--output=" + drawn, clip);
        assertThat(frames(found)).containsExactly(1L, 3L);
        assertThat(framesIn(drawn.resolve("clip.avi"))).isEqualTo(2);
    }

    @Test
    void aStreamOnStandardInputIsAVideo() throws IOException {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (Path picture : model.pictures()) {
            stream.writeBytes(Files.readAllBytes(picture));
        }
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(stream.toByteArray()));
        try {
            JsonArray found = model.results(work.resolve("found.json"), "--stream", "-");
            assertThat(frames(found)).containsExactly(1L, 2L, 3L, 4L);
            assertThat(objects(found))
                    .isEqualTo(
                            objects(
                                    model.results(
                                            work.resolve("images.json"), folder.resolve("train"))));
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void aVideoThatBreaksOffIsToldOfInALineAndItsFramesAreKept() throws IOException {
        byte[] whole = avi();
        Path clip = Files.write(work.resolve("a.avi"), Arrays.copyOf(whole, whole.length - 100));
        Path other = Files.write(work.resolve("b.avi"), whole);
        Path json = work.resolve("found.json");
        Path drawn = work.resolve("drawn");
        CommandRun run = model.detect("--json=" + json, "--output=" + drawn, clip, other);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errors())
                .filteredOn(line -> line.startsWith("left out: "))
                .singleElement()
                .asString()
                .contains(clip + ": ends within frame 4; the frames before it were used");
        JsonArray found = TestModel.read(json);
        assertThat(frames(found)).containsExactly(1L, 2L, 3L, 4L);
        assertThat(found.toString()).contains("\"image_id\":7").doesNotContain("\"image_id\":8");
        assertThat(framesIn(drawn.resolve("a.avi"))).isEqualTo(3);
        assertThat(framesIn(drawn.resolve("b.avi"))).isEqualTo(4);
        assertThat(model.detect("--skip-bad-images", clip).status()).isZero();
    }

    @Test
    void aVideoThatCanNotBeOpenedIsToldOfInALine() throws IOException {
        Path clip = work.resolve("clip.mp4");
        Files.write(clip, "\0\0\0\30ftypisom\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1));
        CommandRun run = model.detect("--json=" + work.resolve("found.json"), clip);
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains("clip.mp4", "ffmpeg");
        assertThat(work.resolve("found.json")).doesNotExist();
    }

    @Test
    void theNameOfAVideoIsNoFolderForImages() throws IOException {
        CommandRun run =
                model.detect("--output=" + work.resolve("drawn.avi"), folder.resolve("train"));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.complaints()).singleElement().asString().contains("drawn.avi", "folder");
    }
}
