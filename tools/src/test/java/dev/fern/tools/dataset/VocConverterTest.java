package dev.fern.tools.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.ImageFolder;
import dev.fern.tools.dataset.VocConverter.Coordinates;
import dev.fern.tools.dataset.VocConverter.Difficult;
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
class VocConverterTest {

    private static final VocConverter CONVERTER =
            new VocConverter(Coordinates.EDGES, Difficult.CROWD, List.of());

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

        CocoDataset dataset =
                new VocConverter(Coordinates.PIXELS, Difficult.CROWD, List.of())
                        .convert(folder, Optional.empty(), Optional.empty());

        assertThat(dataset.annotations().get(1).box()).isEqualTo(new Box(7, 11, 345, 487));
    }

    @Test
    void difficultObjectsCanBeKeptOrDropped() throws IOException {
        write("street", TWO_OBJECTS);

        CocoDataset kept =
                new VocConverter(Coordinates.EDGES, Difficult.KEEP, List.of())
                        .convert(folder, Optional.empty(), Optional.empty());
        CocoDataset dropped =
                new VocConverter(Coordinates.EDGES, Difficult.DROP, List.of())
                        .convert(folder, Optional.empty(), Optional.empty());

        assertThat(kept.annotations())
                .extracting(CocoAnnotation::crowd)
                .containsExactly(false, false);
        assertThat(dropped.annotations())
                .extracting(CocoAnnotation::categoryId)
                .containsExactly(2L);
    }

    @Test
    void categoriesKeepTheOrderTheyAreGivenIn() throws IOException {
        write("street", TWO_OBJECTS);

        CocoDataset dataset =
                new VocConverter(
                                Coordinates.EDGES, Difficult.CROWD, List.of("person", "cat", "dog"))
                        .convert(folder, Optional.empty(), Optional.empty());

        assertThat(dataset.categories())
                .extracting(CocoCategory::name)
                .containsExactly("person", "cat", "dog");
        assertThat(dataset.annotations())
                .extracting(CocoAnnotation::categoryId)
                .containsExactly(1L, 3L);
        assertThatThrownBy(
                        () ->
                                new VocConverter(
                                                Coordinates.EDGES,
                                                Difficult.CROWD,
                                                List.of("person"))
                                        .convert(folder, Optional.empty(), Optional.empty()))
                .isInstanceOf(VocFormatException.class)
                .hasMessageContaining("street.xml: object name \"dog\" is not one of [person]");
    }

    @Test
    void anImageSetChoosesTheImagesAndTheirOrder() throws IOException {
        for (String name : List.of("a", "b", "c")) {
            write(name, TWO_OBJECTS.replace("street", name));
        }
        Path imageSet = Files.writeString(folder.resolve("train.txt"), "c  1\n\na -1\n");

        CocoDataset dataset = CONVERTER.convert(folder, Optional.of(imageSet), Optional.empty());

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
                CONVERTER.convert(folder, Optional.empty(), Optional.of(new ImageFolder(images)));

        assertThat(dataset.images()).containsExactly(new CocoImage(1, "street.jpg", 31, 17));
        assertThatThrownBy(this::convert)
                .isInstanceOf(VocFormatException.class)
                .hasMessageContaining("street.xml: annotation/size")
                .hasMessageContaining("--images");
    }

    /** BCCD's COCO files were made from these by others; they took corners for edges. */
    @Test
    void theBccdSampleBecomesItsCocoAnnotations() throws IOException {
        Path bccd = Path.of(System.getProperty("fern.shared", "absent"), "data/bccd");
        assumeTrue(Files.exists(bccd), () -> "needs " + bccd);
        CocoDataset expected = CocoDataset.read(bccd.resolve("annotations/instances_train.json"));

        CocoDataset dataset =
                new VocConverter(
                                Coordinates.EDGES,
                                Difficult.CROWD,
                                List.of("RBC", "WBC", "Platelets"))
                        .convert(bccd.resolve("voc-sample"), Optional.empty(), Optional.empty());

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
    @ValueSource(strings = {"../street.jpg", "/etc/passwd", "a/../../b.jpg", "..\\street.jpg", "."})
    void fileNamesThatClimbAreRefused(String name) throws IOException {
        assertThat(refusal(TWO_OBJECTS.replace("street.jpg", name)))
                .contains("leads out of the folder");
        Path imageSet = Files.writeString(folder.resolve("train.txt"), name + "\n");

        assertThatThrownBy(() -> CONVERTER.convert(folder, Optional.of(imageSet), Optional.empty()))
                .isInstanceOf(VocFormatException.class)
                .hasMessageContaining("leads out of the folder");
    }

    @Test
    void filesThatAreNotThereAreNamed() throws IOException {
        assertThatThrownBy(this::convert)
                .isInstanceOf(VocFormatException.class)
                .hasMessageContaining("no XML files");
        Path imageSet = Files.writeString(folder.resolve("train.txt"), "street\n");
        assertThatThrownBy(() -> CONVERTER.convert(folder, Optional.of(imageSet), Optional.empty()))
                .isInstanceOf(VocFormatException.class)
                .hasMessageContaining("train.txt: lists street, but there is no");
        assertThatThrownBy(
                        () ->
                                CONVERTER.convert(
                                        folder,
                                        Optional.of(folder.resolve("absent.txt")),
                                        Optional.empty()))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("absent.txt");
        Files.write(imageSet, new byte[] {(byte) 0xff, (byte) 0xfe, 0, 'x'});
        assertThatThrownBy(() -> CONVERTER.convert(folder, Optional.of(imageSet), Optional.empty()))
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
                assertThat(thrown).as("trial %d", trial).isInstanceOf(VocFormatException.class);
            }
        }
    }

    private CocoDataset convert() throws IOException {
        return CONVERTER.convert(folder, Optional.empty(), Optional.empty());
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
        assertThat(thrown).isInstanceOf(VocFormatException.class);
        assertThat(thrown.getMessage())
                .startsWith(folder.resolve("street.xml").toString())
                .doesNotContain("\n")
                .hasSizeLessThan(600);
        return thrown.getMessage();
    }
}
