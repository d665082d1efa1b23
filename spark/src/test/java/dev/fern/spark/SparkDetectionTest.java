package dev.fern.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Detection in 200 images, 20 of them damaged; {@code -Dfern.spark.images=2000} takes more. */
class SparkDetectionTest {

    private static final int IMAGES = Integer.getInteger("fern.spark.images", 200);

    private static final StructType SCHEMA =
            new StructType()
                    .add("id", DataTypes.StringType)
                    .add("path", DataTypes.StringType)
                    .add("place", DataTypes.IntegerType);

    @TempDir static Path folder;

    private static SparkSession spark;
    private static Path model;
    private static List<Path> images;

    /** What the detector finds in each image by itself; null for damaged images. */
    private static final Map<String, List<FoundObject>> EXPECTED = new HashMap<>();

    private static final Map<String, String> ERRORS = new HashMap<>();

    @BeforeAll
    static void detectAlone() throws IOException {
        spark = SparkFixture.local();
        model = SparkFixture.writeModel(folder.resolve("model"), SparkFixture.CATEGORIES, 1);
        images = SparkFixture.writeImages(folder.resolve("images"), IMAGES);
        try (Detector detector = Detector.load(model)) {
            for (Path image : images) {
                try {
                    List<Detection> found = detector.detect(image);
                    EXPECTED.put(image.toString(), found.stream().map(FoundObject::of).toList());
                } catch (ImageReadException e) {
                    EXPECTED.put(image.toString(), null);
                    ERRORS.put(image.toString(), e.getMessage());
                }
            }
        }
        assertThat(ERRORS).hasSize(20);
    }

    @AfterAll
    static void stop() {
        spark.stop();
    }

    private static Dataset<Row> table() {
        List<Row> rows = new ArrayList<>();
        for (Path image : images) {
            rows.add(RowFactory.create("id-" + rows.size(), image.toString(), rows.size()));
        }
        return spark.createDataFrame(rows, SCHEMA);
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "7, 3", "64, 8"})
    void whatIsFoundDependsNeitherOnPartitionsNorOnBatches(int partitions, int batchSize)
            throws IOException {
        SparkDetection detection =
                SparkDetection.builder(spark, model.toString()).optBatchSize(batchSize).load();
        List<Row> rows = detection.detect(table().repartition(partitions)).collectAsList();
        assertThat(rows).hasSize(IMAGES);
        assertThat(rows.stream().map(row -> row.getAs("path")).distinct()).hasSize(IMAGES);
        int objects = 0;
        for (Row row : rows) {
            String path = row.getAs("path");
            assertThat(row.<String>getAs("id")).isEqualTo("id-" + row.getAs("place"));
            assertThat(row.<String>getAs("error")).isEqualTo(ERRORS.get(path));
            assertThat(FoundObject.of(row)).isEqualTo(EXPECTED.get(path));
            objects += ERRORS.containsKey(path) ? 0 : FoundObject.of(row).size();
        }
        assertThat(objects).isGreaterThan(IMAGES);
        assertThat(SharedDetector.open()).as("models in this process").isEqualTo(1);
    }

    @Test
    void damageOfEveryKindIsTold() {
        assertThat(ERRORS.values().stream().map(error -> error.replaceAll("^.*\\.png: ", "")))
                .anyMatch(error -> error.startsWith("no such file"))
                .anyMatch(error -> error.contains("truncated"))
                .anyMatch(error -> error.contains("not an image"))
                .anyMatch(error -> error.contains("empty"))
                .anyMatch(error -> error.contains("not a file"))
                .anyMatch(error -> error.contains("pixels"));
    }

    @Test
    void bytesAreAsGoodAsFiles() throws IOException {
        Dataset<Row> files =
                spark.read()
                        .format("binaryFile")
                        .option("pathGlobFilter", "*.png")
                        .load(folder.resolve("images").toString());
        SparkDetection detection = SparkDetection.builder(spark, model.toUri().toString()).load();
        Dataset<Row> found = detection.detect(files);
        assertThat(found.columns())
                .containsExactly("path", "modificationTime", "length", "detections", "error");
        for (Row row : found.collectAsList()) {
            String path = Path.of(URI.create(row.getAs("path"))).toString();
            assertThat(FoundObject.of(row)).isEqualTo(EXPECTED.get(path));
            assertThat(row.isNullAt(row.fieldIndex("error"))).isEqualTo(EXPECTED.get(path) != null);
        }
    }

    @Test
    void filesOfOtherFileSystemsAreStreams() throws IOException {
        spark.sparkContext()
                .hadoopConfiguration()
                .set("fs.there.impl", OtherFileSystem.class.getName());
        Dataset<Row> there =
                table().withColumn(
                                "path",
                                functions.concat(functions.lit("there:"), functions.col("path")));
        SparkDetection detection = SparkDetection.builder(spark, "there:" + model).load();
        for (Row row : detection.detect(there).collectAsList()) {
            String path = row.<String>getAs("path").substring("there:".length());
            assertThat(FoundObject.of(row)).isEqualTo(EXPECTED.get(path));
            assertThat(row.isNullAt(row.fieldIndex("error"))).isEqualTo(!ERRORS.containsKey(path));
        }
        assertThat(OtherFileSystem.opened()).isGreaterThan(IMAGES / 2);
    }

    @Test
    void parquetKeepsEveryBit() throws IOException {
        SparkDriver driver = SparkDriver.start("test", Optional.empty(), Map.of());
        SparkDetection detection = driver.detection(model.toString()).load();
        String output = folder.resolve("parquet").toString();
        try (DetectionJob job = driver.files(detection, folder.resolve("images") + "/*.png", 5)) {
            job.writeParquet(output, done -> {});
            assertThatThrownBy(() -> job.writeParquet(output, done -> {}))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(output)
                    .hasMessageNotContaining("\n");
        }
        Dataset<Row> read = spark.read().parquet(output);
        assertThat(read.columns()).containsExactly("id", "path", "detections", "error");
        List<Row> rows = read.orderBy("id").collectAsList();
        List<Path> there = images.stream().filter(Files::isRegularFile).toList();
        assertThat(rows.stream().map(row -> row.<String>getAs("path")))
                .containsExactlyElementsOf(there.stream().map(Path::toString).toList());
        for (Row row : rows) {
            assertThat(FoundObject.of(row)).isEqualTo(EXPECTED.get(row.<String>getAs("path")));
        }
    }

    @Test
    void whatCanNotBeUsedIsNamed() {
        Path missing = folder.resolve("no-model");
        assertThatThrownBy(() -> SparkDetection.builder(spark, missing.toString()).load())
                .isInstanceOf(IOException.class)
                .hasMessageContaining(missing.toString());
        assertThatThrownBy(
                        () ->
                                SparkDetection.builder(spark, model.toString())
                                        .load()
                                        .detect(table().drop("path")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("path")
                .hasMessageContaining("[id, place]");
    }
}
