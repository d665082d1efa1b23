package dev.fern.detection.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.modality.cv.ImageFactory;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.ImageOrientation;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.TestImages;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a detector takes for an image. */
class DetectorInputTest {

    @TempDir Path folder;

    private Path model;
    private Path file;

    @BeforeEach
    void writeModelAndImage() throws IOException {
        model = TinyDetectors.write(folder.resolve("model"), new CanvasRule(60, 100));
        file = TestImages.write(folder.resolve("a.png"), 90, 50, 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Abacus", "mxnet", "OnnxRuntime", "RPC"})
    void anEngineThatCannotRunTheNetworkIsRefusedByName(String engine) {
        assertThatThrownBy(() -> Detector.load(model, engine))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("engine '" + engine + "' is not available; use one of ");
    }

    @Test
    void aGpuThatIsNotThereIsRefused() {
        assertThatThrownBy(() -> Detector.builder(model).optDevice(Device.gpu(900)).load())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'gpu(900)' names a GPU that is not there");
    }

    /** A client of a server may send without end. */
    @Test
    void whatIsNoImageIsRefusedBeforeAllOfItIsRead() throws IOException {
        AtomicLong read = new AtomicLong();
        InputStream endless =
                new InputStream() {
                    @Override
                    public int read() {
                        read.incrementAndGet();
                        return 0;
                    }
                };
        try (Detector detector = Detector.load(model)) {
            assertThatThrownBy(() -> detector.detect(endless))
                    .isInstanceOf(ImageReadException.class)
                    .hasMessageContaining("not an image");
        }
        assertThat(read.get()).isLessThan(1000);
    }

    @Test
    void everyFormOfAnImageGivesTheSame() throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        BufferedImage java = ImageIO.read(file.toFile());
        try (Detector detector = Detector.load(model);
                BgrImage image = ImageReader.standard().read(file)) {
            List<Detection> expected = detector.detect(image);
            assertThat(expected).isNotEmpty();
            assertThat(detector.detect(file)).isEqualTo(expected);
            assertThat(detector.detect(bytes)).isEqualTo(expected);
            assertThat(detector.detect(new ByteArrayInputStream(bytes))).isEqualTo(expected);
            assertThat(detector.detect(java)).isEqualTo(expected);
            assertThat(detector.detect(ImageFactory.getInstance().fromFile(file)))
                    .isEqualTo(expected);
            assertThat(
                            detector.detect(
                                    List.of(
                                            DetectorInput.of(image),
                                            DetectorInput.of(java),
                                            DetectorInput.of(bytes))))
                    .containsOnly(expected)
                    .hasSize(3);
            assertThat(image.width()).isEqualTo(90); // it stays the caller's
        }
    }

    @Test
    void detectionsKnowTheirCategoryAndLieInTheImageAsItIsShown() throws IOException {
        Path turned = folder.resolve("turned.png");
        TestImages.writeTurned(turned, TestImages.random(90, 50, 1), 6);
        ImageReader stored =
                new ImageReader(ImageReader.DEFAULT_MAX_PIXELS, ImageOrientation.STORED);
        try (Detector detector = Detector.load(model);
                Detector asStored = Detector.builder(model).optReader(stored).load()) {
            List<Detection> found = detector.detect(turned);
            assertThat(found).isEqualTo(detector.detect(file));
            assertThat(asStored.detect(turned)).isNotEqualTo(found);
            assertThat(found)
                    .allSatisfy(
                            one -> {
                                var category =
                                        detector.configuration().categories().get(one.category());
                                assertThat(one.categoryName()).isEqualTo(category.name());
                                assertThat(one.categoryId()).isEqualTo(category.id());
                                assertThat(one.x2()).isLessThanOrEqualTo(90);
                                assertThat(one.y2()).isLessThanOrEqualTo(50);
                                assertThat(one.box().x2()).isEqualTo(one.x2());
                            });
        }
    }

    @Test
    void toStringIsForReaders() {
        assertThat(new Detection(12.52f, 4, 80, 61.25f, 0, 3, "cell", 0.934f))
                .hasToString("cell 0.93: x 12.5 to 80.0, y 4.0 to 61.3");
    }

    @Test
    void settingsReplaceTheModels() throws IOException {
        try (Detector detector =
                Detector.builder(model)
                        .optScoreThreshold(0.5)
                        .optMaxDetections(3)
                        .optCanvas(new CanvasRule(40, 64))
                        .optLanes(2)
                        .load()) {
            assertThat(detector.lanes()).isEqualTo(2);
            assertThat(detector.configuration().canvas().maxSize()).isEqualTo(64);
            assertThat(detector.detect(file))
                    .hasSizeLessThanOrEqualTo(3)
                    .allMatch(found -> found.score() > 0.5);
        }
        assertThatThrownBy(() -> Detector.builder(model).optScoreThreshold(2).load())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("score threshold");
        assertThatThrownBy(() -> Detector.builder(model).optLanes(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least 1 lane");
        assertThatThrownBy(() -> Detector.load(folder.resolve("nowhere")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("nowhere");
    }

    @Test
    void anImageThatCantBeReadIsNamedAndAListGoesOnBeingUsable() throws IOException {
        Path bad = Files.writeString(folder.resolve("bad.jpg"), "no image");
        try (Detector detector = Detector.load(model)) {
            assertThatThrownBy(() -> detector.detect(bad))
                    .isInstanceOf(ImageReadException.class)
                    .hasMessageStartingWith(bad + ": ");
            assertThatThrownBy(() -> detector.detect(new byte[0]))
                    .isInstanceOf(ImageReadException.class)
                    .hasMessageContaining("empty");
            assertThatThrownBy(() -> detector.detect(List.of(file, bad, file), DetectorInput::of))
                    .isInstanceOf(ImageReadException.class)
                    .hasMessageStartingWith("image 2 of 3: " + bad + ": ");
            InputStream broken =
                    new InputStream() {
                        @Override
                        public int read() throws IOException {
                            throw new IOException("connection lost");
                        }
                    };
            assertThatThrownBy(() -> detector.detect(broken))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("connection lost");
            assertThat(detector.detect(List.of(file), DetectorInput::of))
                    .containsExactly(detector.detect(file));
        }
    }

    @Test
    void aStreamIsClosed() throws IOException {
        AtomicBoolean closed = new AtomicBoolean();
        InputStream stream =
                new ByteArrayInputStream(Files.readAllBytes(file)) {
                    @Override
                    public void close() {
                        closed.set(true);
                    }
                };
        try (Detector detector = Detector.load(model)) {
            detector.detect(stream);
        }
        assertThat(closed).isTrue();
    }

    /** Gray is repeated and alpha dropped, as the reader of files does it. */
    @Test
    void imagesOfJavaBecomeWhatTheirFilesBecome() throws IOException {
        BufferedImage scene = TestImages.random(31, 17, 2);
        for (int type :
                new int[] {
                    BufferedImage.TYPE_BYTE_GRAY,
                    BufferedImage.TYPE_USHORT_GRAY,
                    BufferedImage.TYPE_3BYTE_BGR,
                    BufferedImage.TYPE_INT_ARGB,
                    BufferedImage.TYPE_INT_RGB
                }) {
            BufferedImage image = new BufferedImage(31, 17, type);
            for (int y = 0; y < 17; y++) {
                for (int x = 0; x < 31; x++) {
                    image.setRGB(x, y, scene.getRGB(x, y));
                }
            }
            Path written = Files.write(folder.resolve("b.png"), TestImages.encode(image, "png"));
            try (BgrImage read = ImageReader.standard().read(written);
                    BgrImage converted = BgrImage.of(image)) {
                assertThat(converted.pixels()).as("type " + type).isEqualTo(read.pixels());
            }
        }
    }
}
