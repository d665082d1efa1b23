package dev.fern.tools.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.tools.annotation.AnnotationFormatException;
import dev.fern.tools.annotation.ImageHeaders;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.format.VocReader.Coordinates;
import dev.fern.tools.format.VocReader.Difficult;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class VocReaderTest {

    private static final String TWO_OBJECTS =
            """
            <?xml version="1.0"?>
            <annotation>
              <folder>JPEGImages</folder>
              <filename>street.jpg</filename>
              <size><width>500</width><height>375</height><depth>3</depth></size>
              <object>
                <name>person</name><difficult>0</difficult>
                <part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>
                <bndbox><xmax>120</xmax><xmin>48</xmin><ymin> 240.5 </ymin><ymax>371</ymax></bndbox>
              </object>
              <object>
                <name>dog</name><difficult>1</difficult>
                <bndbox><xmin>8</xmin><ymin>12</ymin><xmax>352</xmax><ymax>498</ymax></bndbox>
              </object>
            </annotation>
            """;

    @TempDir Path folder;

    @Test
    void cornersAreEdgesUnlessToldOtherwise() throws IOException {
        write("street", TWO_OBJECTS);

        CocoDataset dataset = convert();

        assertThat(dataset.images()).containsExactly(new CocoImage(1, "street.jpg", 500, 375));
        assertThat(dataset.categories())
                .containsExactly(new CocoCategory(1, "dog", ""), new CocoCategory(2, "person", ""));
        assertThat(dataset.annotations())
                .containsExactly(
                        new CocoAnnotation(
                                1, 1, 2, new Box(48, 240.5, 72, 130.5), 72 * 130.5, false),
                        new CocoAnnotation(2, 1, 1, new Box(8, 12, 344, 486), 344 * 486, true));
    }

    @Test
    void cornersCanBePixelsCountedFromOne() throws IOException {
        write("street", TWO_OBJECTS);

        CocoDataset dataset = convert(Coordinates.PIXELS, Difficult.CROWD);

        assertThat(dataset.annotations().get(1).box()).isEqualTo(new Box(7, 11, 345, 487));
    }

    @Test
    void difficultObjectsCanBeKeptOrDropped() throws IOException {
        // some tools write words and fractions
        write(
                "street",
                TWO_OBJECTS
                        .replace("<difficult>1", "<difficult>True")
                        .replace("<width>500", "<width>500.0"));

        CocoDataset kept = convert(Coordinates.EDGES, Difficult.KEEP);
        CocoDataset dropped = convert(Coordinates.EDGES, Difficult.DROP);

        assertThat(kept.annotations())
                .extracting(CocoAnnotation::crowd)
                .containsExactly(false, false);
        assertThat(dropped.annotations())
                .extracting(CocoAnnotation::categoryId)
                .containsExactly(2L);
    }

    @Test
    void categoriesKeepTheOrderTheyAreGivenIn() throws Exception {
        write("street", TWO_OBJECTS);

        CocoDataset dataset =
                reader(Optional.empty(), Optional.empty())
                        .read()
                        .withCategories(List.of("person", "cat", "dog"))
                        .toCoco();

        assertThat(dataset.categories())
                .extracting(CocoCategory::name)
                .containsExactly("person", "cat", "dog");
        assertThat(dataset.annotations())
                .extracting(CocoAnnotation::categoryId)
                .containsExactly(1L, 3L);
        assertThatThrownBy(
                        () ->
                                reader(Optional.empty(), Optional.empty())
                                        .read()
                                        .withCategories(List.of("person")))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("street.jpg: category \"dog\" is not one of [person]");
    }

    @Test
    void anImageSetChoosesTheImagesAndTheirOrder() throws IOException {
        for (String name : List.of("a", "b", "c")) {
            write(name, TWO_OBJECTS.replace("street", name));
        }
        Path imageSet = Files.writeString(folder.resolve("train.txt"), "c  1\n\na -1\n");

        CocoDataset dataset = reader(Optional.of(imageSet), Optional.empty()).read().toCoco();

        assertThat(dataset.images())
                .extracting(CocoImage::fileName)
                .containsExactly("c.jpg", "a.jpg");
    }

    @Test
    void aMissingSizeComesFromTheImage() throws IOException {
        write("street", TWO_OBJECTS.replace("<width>500</width>", "<width>0</width>"));
        Path images = Files.createDirectory(folder.resolve("images"));
        ImageIO.write(
                new BufferedImage(31, 17, BufferedImage.TYPE_INT_RGB),
                "png",
                images.resolve("street.jpg").toFile());

        CocoDataset dataset =
                reader(Optional.empty(), Optional.of(new ImageHeaders(images))).read().toCoco();

        assertThat(dataset.images()).containsExactly(new CocoImage(1, "street.jpg", 31, 17));
        assertThatThrownBy(this::convert)
                .isInstanceOf(AnnotationFormatException.class)
                .hasMessageContaining("street.xml: annotation/size")
                .hasMessageContaining("--images");
    }

    /** BCCD's COCO files were made from these by others; they took corners for edges. */
    @Test
    void theBccdSampleBecomesItsCocoAnnotations() throws Exception {
        Path bccd = Path.of(System.getProperty("fern.shared", "absent"), "data/bccd");
        assumeTrue(Files.exists(bccd), () -> "needs " + bccd);
        CocoDataset expected = CocoDataset.read(bccd.resolve("annotations/instances_train.json"));

        CocoDataset dataset =
                new VocReader(
                                bccd.resolve("voc-sample"),
                                Optional.empty(),
                                Optional.empty(),
                                Coordinates.EDGES,
                                Difficult.CROWD)
                        .read()
                        .withCategories(List.of("RBC", "WBC", "Platelets"))
                        .toCoco();

        assertThat(dataset.images()).hasSize(5);
        for (CocoImage image : dataset.images()) {
            CocoImage same =
                    expected.images().stream()
                            .filter(other -> other.fileName().equals(image.fileName()))
                            .findFirst()
                            .orElseThrow();
            assertThat(image.width()).isEqualTo(same.width());
            assertThat(image.height()).isEqualTo(same.height());
            assertThat(dataset.annotationsOf(image.id()))
                    .usingRecursiveFieldByFieldElementComparatorIgnoringFields("id", "imageId")
                    .isEqualTo(expected.annotationsOf(same.id()));
        }
    }

    @Test
    void documentTypesAreRefused() throws IOException {
        Path secret = Files.writeString(folder.resolve("secret.txt"), "secret");
        String external = "<!DOCTYPE annotation [<!ENTITY x SYSTEM \"" + secret.toUri() + "\">]>";
        StringBuilder laughs = new StringBuilder("<!DOCTYPE annotation [<!ENTITY a0 \"haha\">");
        for (int i = 1; i < 30; i++) {
            laughs.append("<!ENTITY a%d \"&a%d;&a%d;\">".formatted(i, i - 1, i - 1));
        }
        laughs.append("<!ENTITY x \"&a29;\">]>");
        for (String declaration :
                List.of(
                        external,
                        laughs.toString(),
                        "<!DOCTYPE annotation SYSTEM \"absent.dtd\">")) {
            String xml =
                    TWO_OBJECTS
                            .replace("<annotation>", declaration + "<annotation>")
                            .replace("person", "&x;");

            assertThat(refusal(xml)).contains("document type declaration").doesNotContain("secret");
        }
    }

    @Test
    void faultsNameTheFileAndTheElement() throws IOException {
        assertThat(refusal(TWO_OBJECTS.replace("<xmin>48</xmin>", "<xmin>forty</xmin>")))
                .endsWith("street.xml: object 1: bndbox/xmin is \"forty\", not a number");
        assertThat(refusal(TWO_OBJECTS.replace("<ymax>498</ymax>", "<ymax>NaN</ymax>")))
                .endsWith("street.xml: object 2: bndbox/ymax is \"NaN\", not a number");
        assertThat(refusal(TWO_OBJECTS.replace("<ymax>498</ymax>", "")))
                .endsWith("street.xml: object 2: bndbox/ymax is missing");
        assertThat(refusal(TWO_OBJECTS.replace("<name>dog</name>", "")))
                .endsWith("street.xml: object 2: name is missing");
        assertThat(refusal(TWO_OBJECTS.replace("<xmax>120</xmax>", "<xmax>47</xmax>")))
                .contains(
                        "street.xml: object \"person\": bndbox from (48.0, 240.5) to (47.0, 371.0)");
        assertThat(refusal(TWO_OBJECTS.replace("<width>500", "<width>-5")))
                .contains("annotation/size/width is \"-5\", not a number of pixels");
        assertThat(refusal(TWO_OBJECTS.replace("<filename>street.jpg</filename>", "")))
                .contains("annotation/filename is missing");
        assertThat(refusal(TWO_OBJECTS.replace("</object>", "")))
                .contains("line 15: not well-formed XML");
        assertThat(refusal("{\"images\": []}")).contains("line 1: not well-formed XML");
        assertThat(refusal("")).contains("not well-formed XML");
        assertThat(refusal("<html/>")).contains("not a Pascal VOC file");
        assertThat(refusal(TWO_OBJECTS.replace("dog", "d\nog\u2028").replace("498", "x")))
                .contains("object 2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"C:\\Users\\u\\img\\street.jpg", "../street.jpg"})
    void ofANameThatLeadsElsewhereTheLastPartCounts(String name) throws IOException {
        write("street", TWO_OBJECTS.replace("street.jpg", name));

        assertThat(convert().images()).containsExactly(new CocoImage(1, "street.jpg", 500, 375));
    }

    @Test
    void aFolderInANameIsKeptUnlessTheImagesLieElsewhere() throws IOException {
        write("street", TWO_OBJECTS.replace("street.jpg", "img\\street.jpg"));
        Path images = Files.createDirectory(folder.resolve("images"));

        assertThat(convert().images().get(0).fileName()).isEqualTo("img/street.jpg");
        Files.write(images.resolve("street.jpg"), new byte[1]);
        assertThat(
                        reader(Optional.empty(), Optional.of(new ImageHeaders(images)))
                                .read()
                                .images()
                                .get(0)
                                .fileName())
                .isEqualTo("street.jpg");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../street", "/etc/passwd", "a/../../b", "..\\street", "."})
    void imageSetsThatClimbAreRefused(String name) throws IOException {
        write("street", TWO_OBJECTS);
        Path imageSet = Files.writeString(folder.resolve("train.txt"), name + "\n");

        assertThatThrownBy(() -> reader(Optional.of(imageSet), Optional.empty()).read())
                .isInstanceOf(AnnotationFormatException.class)
                .hasMessageContaining("leads out of the folder");
    }

    @Test
    void encodingsAreToldByTheFile() throws IOException {
        String german = TWO_OBJECTS.replace("dog", "Müll & \u732b".replace("&", "&amp;"));
        String utf16 = german.replace("1.0\"", "1.0\" encoding=\"UTF-16\"");
        String latin =
                TWO_OBJECTS
                        .replace("dog", "Müll")
                        .replace("1.0\"", "1.0\" encoding=\"ISO-8859-1\"");
        Path file = folder.resolve("street.xml");

        Files.writeString(file, "\uFEFF" + german.replace("\n", "\r\n"));
        assertThat(convert().categories().get(0).name()).isEqualTo("Müll & \u732b");
        Files.writeString(file, "\uFEFF" + utf16, StandardCharsets.UTF_16LE);
        assertThat(convert().categories().get(0).name()).isEqualTo("Müll & \u732b");
        Files.writeString(file, latin, StandardCharsets.ISO_8859_1);
        assertThat(convert().categories().get(0).name()).isEqualTo("Müll");
        assertThat(refusal(TWO_OBJECTS.replace("1.0\"", "1.0\" encoding=\"x-none\"")))
                .contains("encoding that is not known");
    }

    @Test
    void filesThatAreNotThereAreNamed() throws IOException {
        assertThatThrownBy(this::convert)
                .isInstanceOf(AnnotationFormatException.class)
                .hasMessageContaining("no XML files here");
        Path imageSet = Files.writeString(folder.resolve("train.txt"), "street\n");
        assertThatThrownBy(() -> reader(Optional.of(imageSet), Optional.empty()).read())
                .isInstanceOf(AnnotationFormatException.class)
                .hasMessageContaining("train.txt: lists street, but there is no");
        assertThatThrownBy(
                        () ->
                                reader(Optional.of(folder.resolve("absent.txt")), Optional.empty())
                                        .read())
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("absent.txt");
        Files.write(imageSet, new byte[] {(byte) 0xff, 'x'});
        assertThatThrownBy(() -> reader(Optional.of(imageSet), Optional.empty()).read())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("train.txt: not UTF-8 text");
    }

    @Test
    void twoFilesForOneImageAreRefused() throws IOException {
        write("copy", TWO_OBJECTS);

        assertThat(refusal(TWO_OBJECTS))
                .contains("filename street.jpg is already that of")
                .endsWith("copy.xml");
    }

    @Test
    void deepAndLargeFilesAreRefused() throws IOException {
        assertThat(refusal("<annotation><object>" + "<a>".repeat(100_000)))
                .contains("nested deeper");
        assertThat(refusal(TWO_OBJECTS.replace("48", "<a>".repeat(100_000))))
                .contains("not well-formed XML");
        assertThat(refusal(TWO_OBJECTS.replace("person", "p".repeat(9 << 20))))
                .contains("larger than");
    }

    @Test
    void everyTruncationIsRefused() throws IOException {
        byte[] whole = TWO_OBJECTS.strip().getBytes(StandardCharsets.UTF_8);
        for (int length = 0; length < whole.length; length++) {
            refusal(Arrays.copyOf(whole, length));
        }
    }

    @Test
    void damagedFilesGiveAResultOrARefusal() throws IOException {
        byte[] whole = TWO_OBJECTS.getBytes(StandardCharsets.UTF_8);
        Random random = new Random(8);
        for (int trial = 0; trial < 1000; trial++) {
            byte[] damaged = whole.clone();
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            Files.write(folder.resolve("street.xml"), damaged);
            Throwable thrown = catchThrowable(this::convert);
            if (thrown != null) {
                assertThat(thrown)
                        .as("trial %d", trial)
                        .isInstanceOf(AnnotationFormatException.class);
            }
        }
    }

    private VocReader reader(Optional<Path> imageSet, Optional<ImageHeaders> images) {
        return new VocReader(folder, imageSet, images, Coordinates.EDGES, Difficult.CROWD);
    }

    private CocoDataset convert() throws IOException {
        return reader(Optional.empty(), Optional.empty()).read().toCoco();
    }

    private CocoDataset convert(Coordinates coordinates, Difficult difficult) throws IOException {
        return new VocReader(folder, Optional.empty(), Optional.empty(), coordinates, difficult)
                .read()
                .toCoco();
    }

    private void write(String name, String xml) throws IOException {
        Files.writeString(folder.resolve(name + ".xml"), xml);
    }

    private String refusal(String xml) throws IOException {
        return refusal(xml.getBytes(StandardCharsets.UTF_8));
    }

    private String refusal(byte[] xml) throws IOException {
        Files.write(folder.resolve("street.xml"), xml);
        Throwable thrown = catchThrowable(this::convert);
        assertThat(thrown).isInstanceOf(AnnotationFormatException.class);
        assertThat(thrown.getMessage())
                .startsWith(folder.resolve("street.xml").toString())
                .doesNotContain("\n")
                .hasSizeLessThan(600);
        return thrown.getMessage();
    }
}
