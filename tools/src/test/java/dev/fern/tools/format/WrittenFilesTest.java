package dev.fern.tools.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.cocoeval.Box;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotatedImage;
import dev.fern.tools.annotation.AnnotatedObject;
import dev.fern.tools.annotation.AnnotationWriter;
import dev.fern.tools.annotation.Polygon;
import dev.fern.tools.console.BadInputException;
import dev.fern.tools.format.VocReader.Coordinates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files to the last byte, as other programs read them. */
class WrittenFilesTest {

    private static final AnnotatedDataset DATASET =
            new AnnotatedDataset(
                    List.of("a, \"b\"", "<猫>"),
                    List.of(
                            new AnnotatedImage(
                                    "sub/a.jpg",
                                    Optional.of(new ImageSize(100, 50)),
                                    List.of(
                                            new AnnotatedObject(
                                                    "<猫>",
                                                    new Box(10, 20, 30.5, 10),
                                                    305,
                                                    true,
                                                    List.of()),
                                            new AnnotatedObject(
                                                    "a, \"b\"",
                                                    new Box(1, 2, 4, 3),
                                                    6,
                                                    false,
                                                    List.of(
                                                            new Polygon(
                                                                    new double[] {
                                                                        1, 2, 5, 2, 5, 5
                                                                    }))))),
                            new AnnotatedImage(
                                    "b.jpg", Optional.of(new ImageSize(8, 9)), List.of())),
                    List.of());

    @TempDir Path folder;

    @Test
    void coco() throws Exception {
        assertThat(file(new CocoFileWriter()))
                .isEqualTo(
                        """
                        {"images":[{"id":1,"file_name":"sub/a.jpg","width":100,"height":50},\
                        {"id":2,"file_name":"b.jpg","width":8,"height":9}],\
                        "categories":[{"id":1,"name":"a, \\"b\\"","supercategory":""},\
                        {"id":2,"name":"<猫>","supercategory":""}],\
                        "annotations":[{"id":1,"image_id":1,"category_id":2,\
                        "bbox":[10.0,20.0,30.5,10.0],"area":305.0,"iscrowd":1},\
                        {"id":2,"image_id":1,"category_id":1,"bbox":[1.0,2.0,4.0,3.0],\
                        "area":6.0,"iscrowd":0,"segmentation":[[1.0,2.0,5.0,2.0,5.0,5.0]]}]}
                        """);
    }

    @Test
    void yolo() throws Exception {
        Path out = folder.resolve("out");
        new YoloWriter("train").write(DATASET, out);

        assertThat(out.resolve("data.yaml"))
                .hasContent(
                        """
                        train: images/train
                        val: images/train
                        nc: 2
                        names:
                          0: "a, \\"b\\""
                          1: "<猫>"
                        """);
        assertThat(out.resolve("labels/train/sub/a.txt"))
                .hasContent("1 0.2525 0.5 0.305 0.2\n0 0.03 0.07 0.04 0.06\n");
        assertThat(out.resolve("labels/train/b.txt")).isEmptyFile();
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(out);
        }
    }

    @Test
    void voc() throws Exception {
        Path out = folder.resolve("out");
        new VocWriter(Coordinates.EDGES).write(DATASET, out);

        assertThat(Files.readString(out.resolve("sub/a.xml")))
                .startsWith("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotation>\n")
                .contains("\n  <filename>sub/a.jpg</filename>\n")
                .contains("<width>100</width>\n    <height>50</height>\n    <depth>3</depth>")
                .contains("<name>&lt;猫&gt;</name>\n    <pose>Unspecified</pose>")
                .contains("<difficult>1</difficult>")
                .contains(
                        """
                            <bndbox>
                              <xmin>10</xmin>
                              <ymin>20</ymin>
                              <xmax>40.5</xmax>
                              <ymax>30</ymax>
                            </bndbox>
                        """
                                .indent(0));
        new VocWriter(Coordinates.PIXELS).write(DATASET, folder.resolve("pixels"));
        assertThat(Files.readString(folder.resolve("pixels/sub/a.xml")))
                .contains("<xmin>11</xmin>\n      <ymin>21</ymin>\n      <xmax>40.5</xmax>");
    }

    @Test
    void labelme() throws Exception {
        Path out = folder.resolve("out");
        new LabelmeWriter().write(DATASET, out);

        assertThat(Files.readString(out.resolve("sub/a.json")).replaceAll("\\s+", ""))
                .isEqualTo(
                        "{\"version\":\"5.0.1\",\"flags\":{},\"shapes\":[{\"label\":\"<猫>\","
                                + "\"points\":[[10.0,20.0],[40.5,30.0]],\"group_id\":null,"
                                + "\"shape_type\":\"rectangle\",\"flags\":{\"iscrowd\":true}},"
                                + "{\"label\":\"a,\\\"b\\\"\",\"points\":[[1.0,2.0],[5.0,2.0],"
                                + "[5.0,5.0]],\"group_id\":null,\"shape_type\":\"polygon\","
                                + "\"flags\":{}}],\"imagePath\":\"a.jpg\",\"imageData\":null,"
                                + "\"imageHeight\":50,\"imageWidth\":100}");
    }

    @Test
    void cvat() throws Exception {
        assertThat(file(new CvatWriter()))
                .contains("<version>1.1</version>", "<name>&lt;猫&gt;</name>")
                .contains(
                        "<image id=\"0\" name=\"sub/a.jpg\" width=\"100\" height=\"50\">",
                        "<box label=\"&lt;猫&gt;\" occluded=\"0\" xtl=\"10\" ytl=\"20\""
                                + " xbr=\"40.5\" ybr=\"30\" z_order=\"0\">",
                        "<attribute name=\"is_crowd\">true</attribute>",
                        "<polygon label=\"a, &quot;b&quot;\" occluded=\"0\""
                                + " points=\"1,2;5,2;5,5\" z_order=\"0\">");
    }

    @Test
    void table() throws Exception {
        assertThat(file(new TableWriter()))
                .isEqualTo(
                        """
                        filename,width,height,class,xmin,ymin,xmax,ymax,iscrowd
                        sub/a.jpg,100,50,<猫>,10,20,40.5,30,1
                        sub/a.jpg,100,50,"a, ""b\""",1,2,5,5,0
                        b.jpg,8,9,,,,,,
                        """);
    }

    static List<AnnotationWriter> writersOfFolders() {
        return List.of(
                new YoloWriter("train"), new VocWriter(Coordinates.EDGES), new LabelmeWriter());
    }

    @ParameterizedTest
    @MethodSource("writersOfFolders")
    void imagesThatNeedOneFileAreRefused(AnnotationWriter writer) {
        AnnotatedDataset two =
                new AnnotatedDataset(List.of(), List.of(image("A.jpg"), image("a.png")), List.of());

        assertThatThrownBy(() -> writer.write(two, folder.resolve("out")))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("A.jpg and a.png would both be written to a.");
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @MethodSource("writersOfFolders")
    void imagesWithoutASizeAreRefused(AnnotationWriter writer) {
        AnnotatedImage unsized = new AnnotatedImage("a.jpg", Optional.empty(), List.of());
        AnnotatedDataset one = new AnnotatedDataset(List.of(), List.of(unsized), List.of());

        assertThatThrownBy(() -> writer.write(one, folder.resolve("out")))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("a.jpg: its size is not known")
                .hasMessageContaining("--images");
    }

    private static AnnotatedImage image(String name) {
        return new AnnotatedImage(name, Optional.of(new ImageSize(8, 8)), List.of());
    }

    private String file(AnnotationWriter writer) throws IOException, BadInputException {
        Path file = folder.resolve("file");
        writer.write(DATASET, file);
        return Files.readString(file);
    }
}
