package dev.fern.detection.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.ImageOrientation;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.TestImages;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VideosTest {

    private static final int WIDTH = 64;
    private static final int HEIGHT = 48;
    private static final int FRAMES = 5;

    private static final ImageReader READER = ImageReader.standard();

    @TempDir Path folder;

    private final List<byte[]> jpegs = new ArrayList<>();
    private final List<byte[]> pixels = new ArrayList<>();

    @BeforeEach
    void makeFrames() throws IOException {
        for (int i = 0; i < FRAMES; i++) {
            Path file = TestImages.write(folder.resolve("frame" + i + ".jpg"), WIDTH, HEIGHT, i);
            jpegs.add(Files.readAllBytes(file));
            try (BgrImage image = READER.read(file)) {
                pixels.add(image.pixels());
            }
        }
    }

    private static List<byte[]> framesOf(FrameSource source) throws IOException {
        List<byte[]> frames = new ArrayList<>();
        try (source) {
            while (source.advance()) {
                try (BgrImage frame = source.frame()) {
                    frames.add(frame.pixels());
                }
            }
        }
        return frames;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void framesOfAnAviAreThoseOfTheImages(boolean index) throws IOException {
        Path file = Files.write(folder.resolve("a.avi"), AviBytes.of(jpegs, 10, index));
        FrameSource source = Videos.open(file, READER);
        assertThat(source.framesPerSecond()).isEqualTo(10);
        assertThat(source.frameCount()).isEqualTo(FRAMES);
        assertThat(framesOf(source)).containsExactlyElementsOf(pixels);
    }

    @Test
    void framesOfAStreamAreThoseOfTheImagesWhateverLiesBetween() throws IOException {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (byte[] jpeg : jpegs) {
            stream.writeBytes(jpeg);
            stream.writeBytes("\r\n--boundary\r\nContent-Type: image/jpeg\r\n\r\n".getBytes());
        }
        assertThat(framesOf(Videos.open(in(stream.toByteArray()), "-", READER)))
                .containsExactlyElementsOf(pixels);
    }

    private static ByteArrayInputStream in(byte[] bytes) {
        return new ByteArrayInputStream(bytes);
    }

    @Test
    void framesThatArePassedOverAreNotDecoded() throws IOException {
        List<byte[]> damaged = new ArrayList<>(jpegs);
        damaged.set(1, new byte[] {-1, -40, 0, 0});
        try (FrameSource source = Videos.open(in(AviBytes.of(damaged, 10, true)), "a", READER)) {
            source.advance();
            source.advance();
            assertThatThrownBy(source::frame)
                    .isInstanceOf(VideoException.class)
                    .hasMessageStartingWith("a: frame 2: ")
                    .hasMessageNotContaining("fern-frame");
            source.advance();
            try (BgrImage third = source.frame()) {
                assertThat(third.pixels()).isEqualTo(pixels.get(2));
            }
        }
    }

    @Test
    void aVideoThatIsCutShortGivesTheFramesBeforeAndSaysWhere() throws IOException {
        byte[] avi = AviBytes.of(jpegs, 10, false);
        ByteArrayOutputStream bare = new ByteArrayOutputStream();
        jpegs.forEach(bare::writeBytes);
        for (byte[] whole : List.of(avi, bare.toByteArray())) {
            byte[] cut = Arrays.copyOf(whole, whole.length - jpegs.get(FRAMES - 1).length / 2);
            Path file = Files.write(folder.resolve("cut.avi"), cut);
            try (FrameSource source = Videos.open(file, READER)) {
                for (int i = 0; i < FRAMES - 1; i++) {
                    assertThat(source.advance()).isTrue();
                    try (BgrImage frame = source.frame()) {
                        assertThat(frame.pixels()).isEqualTo(pixels.get(i));
                    }
                }
                assertThatThrownBy(source::advance)
                        .isInstanceOf(VideoException.class)
                        .hasMessage(file + ": ends within frame " + FRAMES);
            }
        }
    }

    @Test
    void framesWithTooManyPixelsOrBytesAreRefused() throws IOException {
        byte[] avi = AviBytes.of(jpegs, 10, true);
        ImageReader small = new ImageReader(WIDTH * HEIGHT - 1, ImageOrientation.UPRIGHT);
        try (FrameSource source = Videos.open(in(avi), "a", small)) {
            source.advance();
            assertThatThrownBy(source::frame).hasMessageContaining("limit");
        }
        int at = new String(avi, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("00dc");
        ByteBuffer.wrap(avi).order(ByteOrder.LITTLE_ENDIAN).putInt(at + 4, -2);
        assertThatThrownBy(() -> Videos.open(in(avi), "a", READER))
                .isInstanceOf(VideoException.class)
                .hasMessageContaining("bytes");
    }

    @Test
    void whatIsNoVideoIsRefused() throws IOException {
        for (String content : List.of("hello", "", "RIFF....AVI LIST")) {
            Path file = Files.writeString(folder.resolve("x.mp4"), content);
            assertThatThrownBy(() -> framesOf(Videos.open(file, READER)))
                    .isInstanceOf(VideoException.class)
                    .hasMessageStartingWith(file + ": ");
            assertThatThrownBy(() -> framesOf(Videos.open(in(content.getBytes()), "-", READER)))
                    .isInstanceOf(VideoException.class);
        }
    }

    @Test
    void aVideoThatIsWrittenIsReadAgainAndAppearsWhenItIsWhole() throws IOException {
        Path file = folder.resolve("made/b.avi");
        try (VideoFile video = new VideoFile(file, 11.8)) {
            for (byte[] frame : pixels) {
                try (BgrImage image = BgrImage.of(WIDTH, HEIGHT, frame)) {
                    video.add(image);
                }
            }
            try (BgrImage larger =
                    BgrImage.of(2 * WIDTH, 2 * HEIGHT, new byte[12 * WIDTH * HEIGHT])) {
                video.add(larger);
            }
            assertThat(file).doesNotExist();
        }
        FrameSource source = Videos.open(file, READER);
        assertThat(source.framesPerSecond()).isCloseTo(12, within(0.01));
        List<byte[]> frames = framesOf(source);
        assertThat(frames).hasSize(FRAMES + 1).allMatch(f -> f.length == 3 * WIDTH * HEIGHT);
        for (int i = 0; i < FRAMES; i++) {
            double difference = 0;
            for (int j = 0; j < frames.get(i).length; j++) {
                difference += Math.abs((frames.get(i)[j] & 0xff) - (pixels.get(i)[j] & 0xff));
            }
            assertThat(difference / frames.get(i).length).isLessThan(8); // JPEG loses a little
        }
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertThat(files).containsExactly(file);
        }
    }
}
