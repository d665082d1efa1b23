package dev.fern.tools.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import dev.fern.cocoeval.Box;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotatedImage;
import dev.fern.tools.annotation.AnnotatedObject;
import dev.fern.tools.annotation.AnnotationFormatException;
import dev.fern.tools.annotation.ImageHeaders;
import dev.fern.tools.format.TableReader.Units;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** labelme, CVAT, tables and COCO, written by hand as their own documentation defines them. */
@Timeout(300)
class AnnotationFilesTest {

    @TempDir Path folder;

    @Test
    void labelmesShapesBecomeBoxes() throws IOException {
        write(
                "a.json",
                """
                {"version": "5.0.1", "flags": {}, "shapes": [
                  {"label": "dog", "points": [[30.5, 40], [10, 20.25]], "group_id": null,
                   "shape_type": "rectangle", "flags": {}},
                  {"label": "cat", "points": [[1, 1], [5, 1], [1, 4]], "group_id": null,
                   "description": "", "shape_type": "polygon", "flags": {}},
                  {"label": "ball", "points": [[10, 10], [13, 14]], "group_id": null,
                   "shape_type": "circle", "flags": {}},
                  {"label": "bus", "points": [[0, 0], [4, 0], [4, 2]], "group_id": 7,
                   "shape_type": "polygon", "flags": {}},
                  {"label": "nose", "points": [[3, 3]], "group_id": null,
                   "shape_type": "point", "flags": {}},
                  {"label": "bus", "points": [[10, 0], [14, 0], [14, 2]], "group_id": 7,
                   "shape_type": "polygon", "flags": {}}],
                 "imagePath": "..\\\\img\\\\größe.jpg", "imageData": null,
                 "imageHeight": 48, "imageWidth": 64}
                """);

        AnnotatedDataset dataset = new LabelmeReader(folder, Optional.empty()).read();

        assertThat(dataset.categories()).containsExactly("ball", "bus", "cat", "dog");
        assertThat(dataset.notes()).containsExactly("1 points and lines left out");
        AnnotatedImage image = dataset.images().get(0);
        assertThat(image.fileName()).isEqualTo("größe.jpg");
        assertThat(image.size()).contains(new ImageSize(64, 48));
        assertThat(image.objects())
                .extracting(AnnotatedObject::category, AnnotatedObject::box, AnnotatedObject::area)
                .containsExactly(
                        tuple("dog", new Box(10, 20.25, 20.5, 19.75), 20.5 * 19.75),
                        tuple("cat", new Box(1, 1, 4, 3), 6.0),
                        tuple("ball", new Box(5, 5, 10, 10), 100.0),
                        tuple("bus", new Box(0, 0, 14, 2), 8.0));
        assertThat(image.objects().get(3).outline()).hasSize(2);
    }

    @Test
    void aLabelmeFileWithoutSizeTakesItFromTheImageBesideIt() throws IOException {
        write(
                "sub/a.json",
                """
                {"shapes": [{"label": "dog", "points": [[1, 1], [5, 1], [1, 4]]}],
                 "imagePath": "a.png"}
                """);
        image("sub/a.png", 9, 7);

        AnnotatedImage image = new LabelmeReader(folder, Optional.empty()).read().images().get(0);

        assertThat(image.fileName()).isEqualTo("sub/a.png");
        assertThat(image.size()).contains(new ImageSize(9, 7));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"images\": []}",
                "[1]",
                "{\"shapes\": [{\"label\": \"a\", \"points\": [[1]]}]}",
                "{\"shapes\": [{\"label\": \"a\", \"points\": [[1, 2]]}]}",
                "{\"shapes\": [{\"label\": \"a\", \"points\": [[1, NaN], [1, 2], [2, 3]]}]}",
                "{\"shapes\": [{\"points\": [[1, 2], [3, 4], [5, 6]]}]}",
                "{\"shapes\": [",
                "{\"shapes\": {}}",
                ""
            })
    void damagedLabelmeFilesAreRefused(String text) throws IOException {
        write("a.json", text);

        assertThatThrownBy(() -> new LabelmeReader(folder, Optional.empty()).read())
                .isInstanceOf(AnnotationFormatException.class)
                .hasMessageStartingWith(folder.resolve("a.json").toString())
                .hasMessageNotContaining("\n");
    }

    @Test
    void cvatsShapesBecomeBoxes() throws IOException {
        Path file =
                write(
                        "a.xml",
                        """
                        <?xml version="1.0" encoding="utf-8"?>
                        <annotations>
                          <version>1.1</version>
                          <meta><task><id>4</id><labels>
                            <label><name>traffic light</name><attributes>
                              <attribute><name>colour</name></attribute></attributes></label>
                            <label><name>a &amp; "b"</name></label>
                            <label><name>unused</name></label></labels></task></meta>
                          <image id="0" name="day/img_1.jpg" width="640" height="480">
                            <box label="traffic light" occluded="0" source="manual" xtl="10.50"
                                 ytl="20.00" xbr="30.25" ybr="50.00" z_order="0">
                              <attribute name="colour">red</attribute></box>
                            <box label="a &amp; &quot;b&quot;" xtl="10" ytl="10" xbr="30" ybr="20"
                                 rotation="90.00"></box>
                            <polygon label="traffic light" points="1.00,2.00;5.00,2.00;5.00,6.00">
                              <attribute name="is_crowd">true</attribute></polygon>
                            <ellipse label="traffic light" cx="50" cy="40" rx="10" ry="5"/>
                            <mask label="traffic light" rle="1, 2" left="3" top="4" width="5"
                                  height="6"/>
                            <points label="traffic light" points="1,2"/>
                            <tag label="unused"/>
                          </image>
                          <image id="1" name="empty.jpg" width="5" height="6"/>
                        </annotations>
                        """);
        Files.copy(file, folder.resolve("annotations.xml"));
        assertThat(new CvatReader(folder, Optional.empty()).read().objectCount()).isEqualTo(5);

        AnnotatedDataset dataset = new CvatReader(file, Optional.empty()).read();

        assertThat(dataset.categories()).containsExactly("traffic light", "a & \"b\"", "unused");
        assertThat(dataset.images())
                .extracting(AnnotatedImage::fileName)
                .containsExactly("day/img_1.jpg", "empty.jpg");
        assertThat(dataset.images().get(0).objects())
                .extracting(AnnotatedObject::box)
                .containsExactly(
                        new Box(10.5, 20, 19.75, 30),
                        new Box(15, 5, 10, 20),
                        new Box(1, 2, 4, 4),
                        new Box(40, 35, 20, 10),
                        new Box(3, 4, 5, 6));
        assertThat(dataset.images().get(0).objects())
                .extracting(AnnotatedObject::crowd)
                .containsExactly(false, false, true, false, false);
        assertThat(dataset.images().get(1).objects()).isEmpty();
        assertThat(dataset.notes())
                .containsExactly("2 points, lines, cuboids, skeletons and tags left out");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><annotations/>|document type",
                "<annotations><track/></annotations>|for video",
                "<annotations/>|has no images",
                "<annotations><image/></annotations>|no name",
                "<annotations><image name='a'><box label='b' xtl='1'/></image></annotations>|no ytl",
                "<annotations><image name='a'><box xtl='1'/></image></annotations>|no label",
                "<annotations><image name='a'/><image name='a'/></annotations>|comes twice",
                "<annotations><image name='a'>|not well-formed"
            })
    void damagedCvatFilesAreRefused(String text, String fault) throws IOException {
        Path file = write("a.xml", text);

        assertThatThrownBy(() -> new CvatReader(file, Optional.empty()).read())
                .isInstanceOf(AnnotationFormatException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(fault);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "filename,width,height,class,xmin,ymin,xmax,ymax\\na.jpg,64,48,\"a, \"\"b\"\"\",1,2,4,6",
                "a.jpg,1,2,4,6,\"a, \"\"b\"\"\"\\nb.jpg,,,,,",
                "img/a.jpg;1;2;4;6;a, \"b\"",
                "image_id,file_name,label,label_name,x,y,w,h,width,height\\n"
                        + "5,a.jpg,0,\"a, \"\"b\"\"\",1,2,3,4,64,48",
                "image;label;x;y;w;h\\nC:\\u\\a.jpg;a, \"b\";1;2;3;4",
                "image_path\\tclass_name\\tx1\\ty1\\tx2\\ty2\\na.jpg\\ta, \"b\"\\t1\\t2\\t4\\t6"
            })
    void tablesOfManyKindsAreKnownByTheirHeader(String text) throws IOException {
        Path file =
                write(
                        "a.csv",
                        "\uFEFF" + text.replace("\\n", "\r\n").replace("\\t", "\t") + "\r\n");

        AnnotatedDataset dataset = table(file, Map.of());

        assertThat(dataset.categories()).containsExactly("a, \"b\"");
        AnnotatedImage image = dataset.images().get(0);
        assertThat(image.fileName()).endsWith("a.jpg").doesNotContain("C:");
        assertThat(image.objects())
                .extracting(AnnotatedObject::box)
                .containsExactly(new Box(1, 2, 3, 4));
    }

    @Test
    void columnsCanBeNamedOrNumbered() throws IOException {
        Path named = write("a.csv", "kind,where,foto,b,c,d\ncat,1,x.jpg,2,3,4\n");
        Path bare = write("b.csv", "cat,1,x.jpg,2,3,4\ncat,5,x.jpg,6,7,8\n");

        Map<String, String> names =
                Map.of(
                        "image",
                        "foto",
                        "category",
                        "kind",
                        "x",
                        "where",
                        "y",
                        "b",
                        "width",
                        "c",
                        "height",
                        "d");
        Map<String, String> numbers =
                Map.of(
                        "image",
                        "3",
                        "category",
                        "1",
                        "x",
                        "2",
                        "y",
                        "4",
                        "width",
                        "5",
                        "height",
                        "6");

        assertThat(table(named, names).images().get(0).objects())
                .containsExactly(
                        new AnnotatedObject("cat", new Box(1, 2, 3, 4), 12, false, List.of()));
        assertThat(table(bare, numbers).images().get(0).objects())
                .extracting(AnnotatedObject::box)
                .containsExactly(new Box(1, 2, 3, 4), new Box(5, 6, 7, 8));
        assertThatThrownBy(() -> table(named, Map.of("picture", "foto")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"picture\" is none of image, category");
        assertThatThrownBy(() -> table(named, Map.of("image", "absent")))
                .isInstanceOf(AnnotationFormatException.class)
                .hasMessageContaining("--columns");
    }

    /** The columns of Open Images V7's {@code oidv6-train-annotations-bbox.csv}. */
    @Test
    void openImagesTablesHaveFractionsAndCodes() throws IOException {
        Path file =
                write(
                        "a.csv",
                        "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,"
                                + "IsTruncated,IsGroupOf,IsDepiction,IsInside\n"
                                + "0001,xclick,/m/01g317,1,0.25,0.75,0.1,0.5,0,0,0,0,0\n"
                                + "0001,xclick,/m/0bt9lr,1,0,1,0,1,0,0,1,0,0\n");
        Path names = write("c.csv", "/m/01g317,Person\n/m/0bt9lr,\"Dog, big\"\n");
        image("0001.jpg", 200, 100);

        AnnotatedDataset dataset =
                new TableReader(
                                file,
                                Optional.of(new ImageHeaders(folder)),
                                Map.of(),
                                Units.AUTO,
                                TableReader.names(names))
                        .read();

        assertThat(dataset.images().get(0).fileName()).isEqualTo("0001.jpg");
        assertThat(dataset.images().get(0).objects())
                .containsExactly(
                        new AnnotatedObject(
                                "Person", new Box(50, 10, 100, 40), 4000, false, List.of()),
                        new AnnotatedObject(
                                "Dog, big", new Box(0, 0, 200, 100), 20000, true, List.of()));
        assertThat(dataset.notes()).singleElement().asString().contains("fractions");
        assertThatThrownBy(() -> table(file, Map.of()))
                .isInstanceOf(AnnotationFormatException.class)
                .hasMessageContaining("--images");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a.jpg,1,2,x,6,cat|first line",
                "a.jpg,1,2,4,6,cat\\nb.jpg,1,2,x,6,cat|line 2: xmax is \"x\", not a number",
                "a.jpg,1,2,4,6,cat\\n,1,2,4,6,cat|line 2: has no image",
                "a.jpg,1,2,4,6,cat\\na.jpg,1,2,4,6,|line 2: has no category",
                "a.jpg,4,2,1,6,cat|line 1: has a box of negative size",
                "a.jpg,1,2,4,6,cat\\n\"a.jpg,1|not CSV"
            })
    void damagedTablesAreRefused(String text, String fault) throws IOException {
        Path file = write("a.csv", text.replace("\\n", "\n") + "\n");

        assertThatThrownBy(() -> table(file, Map.of()))
                .isInstanceOf(AnnotationFormatException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(fault);
    }

    /** File names as they are in Label Studio's exports of several versions. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "images/1a2b3c4d-street.jpg",
                "images\\1a2b3c4d-street.jpg",
                "/data/upload/4/1a2b3c4d-street.jpg",
                "..\\..\\label-studio\\media\\upload\\4\\1a2b3c4d-street.jpg",
                "http://localhost:8080/data/upload/4/1a2b3c4d-street.jpg",
                "/data/local-files/?d=photos%2Fstreet.jpg",
                "https://bucket.example.com/x/street.jpg?X-Amz-Signature=a/b"
            })
    void labelStudiosUploadsAreFoundAmongTheImages(String fileName) throws IOException {
        image("img/street.jpg", 20, 10);
        Path file =
                write(
                        "result.json",
                        """
                        {"images": [{"width": 20, "height": 10, "id": 0, "file_name": "NAME"}],
                         "categories": [{"id": 0, "name": "car"}, {"id": 1, "name": "cat"}],
                         "annotations": [{"id": 0, "image_id": 0, "category_id": 1,
                           "segmentation": [], "bbox": [1.5, 2, 3, 4], "ignore": 0, "iscrowd": 0,
                           "area": 12}],
                         "info": {"year": 2024, "version": "1.0"}}
                        """
                                .replace("NAME", fileName.replace("\\", "\\\\")));

        AnnotatedDataset dataset =
                new CocoFileReader(file, Optional.of(new ImageHeaders(folder.resolve("img"))))
                        .read();

        assertThat(dataset.images().get(0).fileName()).isEqualTo("street.jpg");
        assertThat(dataset.categories()).containsExactly("car", "cat");
        assertThat(dataset.images().get(0).objects())
                .containsExactly(
                        new AnnotatedObject("cat", new Box(1.5, 2, 3, 4), 12, false, List.of()));
    }

    private static AnnotatedDataset table(Path file, Map<String, String> columns)
            throws IOException {
        return new TableReader(file, Optional.empty(), columns, Units.AUTO, Map.of()).read();
    }

    private Path write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text, StandardCharsets.UTF_8);
    }

    private void image(String name, int width, int height) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        ImageIO.write(
                new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
    }
}
