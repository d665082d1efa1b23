package dev.fern.tools.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.cocoeval.Box;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotatedImage;
import dev.fern.tools.annotation.AnnotatedObject;
import dev.fern.tools.annotation.AnnotationReader;
import dev.fern.tools.annotation.AnnotationWriter;
import dev.fern.tools.annotation.ImageHeaders;
import dev.fern.tools.annotation.Polygon;
import dev.fern.tools.format.TableReader.Units;
import dev.fern.tools.format.VocReader.Coordinates;
import dev.fern.tools.format.VocReader.Difficult;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;

/** Whatever a format is given, it gives back. */
class RoundTripTest {

    private static final double PIXEL_TOLERANCE = 1e-3;
    private static final List<String> NAMES =
            List.of(
                    "cat",
                    "traffic light",
                    "a, b",
                    "\"quoted\"",
                    "it's",
                    "猫",
                    "Müll: 50 %",
                    "no",
                    "1",
                    "null",
                    "<b>&amp;</b>",
                    "#x",
                    "back\\slash");

    private Path folder;

    @BeforeTry
    void makeFolder() throws IOException {
        folder = Files.createTempDirectory("round-trip");
    }

    @AfterTry
    void deleteFolder() throws IOException {
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Property(tries = 40)
    void coco(@ForAll("datasets") AnnotatedDataset dataset) throws Exception {
        Path file = folder.resolve("a.json");
        AnnotatedDataset back =
                trip(dataset, new CocoFileWriter(), file, new CocoFileReader(file, noImages()));

        assertSame(back, dataset, true);
        assertThat(back.categories()).isEqualTo(dataset.categories());
        assertThat(outlines(back)).isEqualTo(outlines(dataset));
    }

    @Property(tries = 40)
    void voc(@ForAll("datasets") AnnotatedDataset dataset, @ForAll Coordinates coordinates)
            throws Exception {
        Path out = folder.resolve("voc");
        VocReader reader =
                new VocReader(out, Optional.empty(), noImages(), coordinates, Difficult.CROWD);

        assertSame(trip(dataset, new VocWriter(coordinates), out, reader), dataset, true);
    }

    /** In six digits the upper edge, which is written plus 1, comes to lie below the lower edge. */
    @Example
    void vocBoxWithoutAreaWhoseCornersRoundingSwaps() throws Exception {
        Path out = folder.resolve("voc");
        AnnotatedImage image =
                new AnnotatedImage(
                        "a.png",
                        Optional.of(new ImageSize(2, 2)),
                        List.of(
                                AnnotatedObject.boxed(
                                        "cat", new Box(0, -6.5000000000001e-6, 0, 0), false)));
        AnnotatedDataset dataset = new AnnotatedDataset(NAMES, List.of(image), List.of());
        VocReader reader =
                new VocReader(
                        out, Optional.empty(), noImages(), Coordinates.PIXELS, Difficult.CROWD);

        assertSame(trip(dataset, new VocWriter(Coordinates.PIXELS), out, reader), dataset, true);
    }

    @Property(tries = 40)
    void yolo(@ForAll("datasets") AnnotatedDataset dataset) throws Exception {
        Path out = folder.resolve("yolo");
        new YoloWriter("train").write(dataset, out);
        for (AnnotatedImage image : dataset.images()) {
            Path file = out.resolve("images/train").resolve(image.fileName());
            Files.createDirectories(file.getParent());
            ImageSize size = image.size().orElseThrow();
            ImageIO.write(
                    new BufferedImage(size.width(), size.height(), BufferedImage.TYPE_BYTE_GRAY),
                    "png",
                    file.toFile());
        }

        AnnotatedDataset back =
                new YoloReader(out.resolve("data.yaml"), noImages(), Optional.empty()).read();

        assertSame(back, dataset, false);
        assertThat(back.categories()).isEqualTo(dataset.categories());
        assertSame(
                new YoloReader(
                                out,
                                Optional.of(new ImageHeaders(out.resolve("images/train"))),
                                Optional.of("train"))
                        .read(),
                dataset,
                false);
    }

    @Property(tries = 40)
    void labelme(@ForAll("datasets") AnnotatedDataset dataset) throws Exception {
        Path out = folder.resolve("labelme");
        AnnotatedDataset back =
                trip(dataset, new LabelmeWriter(), out, new LabelmeReader(out, noImages()));

        assertSame(back, dataset, true);
        assertThat(outlines(back)).isEqualTo(outlines(dataset));
    }

    @Property(tries = 40)
    void cvat(@ForAll("datasets") AnnotatedDataset dataset) throws Exception {
        Path file = folder.resolve("a.xml");
        AnnotatedDataset back =
                trip(dataset, new CvatWriter(), file, new CvatReader(file, noImages()));

        assertSame(back, dataset, true);
        assertThat(back.categories()).isEqualTo(dataset.categories());
    }

    @Property(tries = 40)
    void table(@ForAll("datasets") AnnotatedDataset dataset) throws Exception {
        Path file = folder.resolve("a.csv");
        TableReader reader = new TableReader(file, noImages(), Map.of(), Units.PIXELS, Map.of());

        assertSame(trip(dataset, new TableWriter(), file, reader), dataset, true);
    }

    private static Optional<ImageHeaders> noImages() {
        return Optional.empty();
    }

    private static AnnotatedDataset trip(
            AnnotatedDataset dataset, AnnotationWriter writer, Path file, AnnotationReader reader)
            throws Exception {
        writer.write(dataset, file);
        return reader.read();
    }

    private static List<double[]> outlines(AnnotatedDataset dataset) {
        List<double[]> outlines = new ArrayList<>();
        dataset.outlines().forEach(o -> o.forEach(polygon -> outlines.add(polygon.points())));
        return new ArrayList<>(outlines) {
            @Override
            public boolean equals(Object other) {
                return other instanceof List<?> list
                        && java.util.Arrays.deepEquals(toArray(), list.toArray());
            }

            @Override
            public int hashCode() {
                return 0;
            }
        };
    }

    private static void assertSame(AnnotatedDataset back, AnnotatedDataset given, boolean crowds) {
        List<AnnotatedImage> expected = sorted(given);
        List<AnnotatedImage> actual = sorted(back);
        assertThat(actual)
                .extracting(AnnotatedImage::fileName)
                .containsExactlyElementsOf(
                        expected.stream().map(AnnotatedImage::fileName).toList());
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).size()).isEqualTo(expected.get(i).size());
            List<AnnotatedObject> objects = actual.get(i).objects();
            assertThat(objects).hasSameSizeAs(expected.get(i).objects());
            for (int j = 0; j < objects.size(); j++) {
                AnnotatedObject object = objects.get(j);
                AnnotatedObject same = expected.get(i).objects().get(j);
                assertThat(object.category()).isEqualTo(same.category());
                assertThat(object.crowd()).isEqualTo(crowds && same.crowd());
                assertThat(object.box().x()).isCloseTo(same.box().x(), within(PIXEL_TOLERANCE));
                assertThat(object.box().y()).isCloseTo(same.box().y(), within(PIXEL_TOLERANCE));
                assertThat(object.box().x2()).isCloseTo(same.box().x2(), within(PIXEL_TOLERANCE));
                assertThat(object.box().y2()).isCloseTo(same.box().y2(), within(PIXEL_TOLERANCE));
            }
        }
    }

    private static List<AnnotatedImage> sorted(AnnotatedDataset dataset) {
        return dataset.images().stream()
                .sorted(Comparator.comparing(AnnotatedImage::fileName))
                .toList();
    }

    @Provide
    Arbitrary<AnnotatedDataset> datasets() {
        return images().list()
                .ofMinSize(1)
                .ofMaxSize(4)
                .map(
                        images -> {
                            List<AnnotatedImage> named = new ArrayList<>();
                            for (AnnotatedImage image : images) {
                                named.add(
                                        new AnnotatedImage(
                                                named.size() + image.fileName(),
                                                image.size(),
                                                image.objects()));
                            }
                            return new AnnotatedDataset(NAMES, named, List.of());
                        })
                // A folder of labels without any label is taken for a mistake.
                .filter(dataset -> dataset.objectCount() > 0);
    }

    private static Arbitrary<AnnotatedImage> images() {
        Arbitrary<String> names =
                Arbitraries.of(
                        ".png", "b c.png", "/sub/größe, 1.png", "x.y.png", "猫.png", "&'.png");
        Arbitrary<ImageSize> sizes =
                Combinators.combine(
                                Arbitraries.integers().between(1, 700),
                                Arbitraries.integers().between(1, 700))
                        .as(ImageSize::new);
        return Combinators.combine(names, sizes, objects().list().ofMaxSize(5))
                .as((name, size, objects) -> scaled(name, size, objects));
    }

    /** Fits objects of the unit square to an image. */
    private static AnnotatedImage scaled(
            String name, ImageSize size, List<AnnotatedObject> objects) {
        List<AnnotatedObject> fitted = new ArrayList<>();
        for (AnnotatedObject object : objects) {
            double w = size.width();
            double h = size.height();
            Box unit = object.box();
            Box box = new Box(unit.x() * w, unit.y() * h, unit.width() * w, unit.height() * h);
            List<Polygon> outline = new ArrayList<>();
            for (int i = 0; i < object.outline().size(); i++) {
                outline.add(
                        new Polygon(
                                new double[] {
                                    box.x(), box.y() + i, box.x2(), box.y(), box.x2(), box.y2()
                                }));
            }
            fitted.add(
                    outline.isEmpty()
                            ? AnnotatedObject.boxed(object.category(), box, object.crowd())
                            : AnnotatedObject.outlined(object.category(), outline, object.crowd()));
        }
        return new AnnotatedImage(name, Optional.of(size), fitted);
    }

    private static Arbitrary<AnnotatedObject> objects() {
        Arbitrary<Double> places = Arbitraries.doubles().between(-0.1, 0.9).ofScale(7);
        Arbitrary<Double> sides = Arbitraries.doubles().between(0, 1).ofScale(7);
        Arbitrary<Box> boxes = Combinators.combine(places, places, sides, sides).as(Box::new);
        Arbitrary<Integer> polygons = Arbitraries.integers().between(0, 2);
        return Combinators.combine(
                        Arbitraries.of(NAMES), boxes, Arbitraries.of(true, false), polygons)
                .as(
                        (name, box, crowd, parts) ->
                                new AnnotatedObject(
                                        name,
                                        box,
                                        box.area(),
                                        crowd,
                                        java.util.Collections.nCopies(
                                                parts, new Polygon(new double[6]))));
    }
}
