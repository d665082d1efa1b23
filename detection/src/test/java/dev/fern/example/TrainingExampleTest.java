package dev.fern.example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.PhotoDatabase;
import dev.fern.detection.Training;
import dev.fern.detection.TrainingResult;
import dev.fern.detection.data.AnnotatedFolder;
import dev.fern.detection.data.ImageAugmentation;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LabelledRows;
import dev.fern.detection.data.LabelledSource;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.evaluate.DetectorEvaluation;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.model.Detector;
import dev.fern.detection.recipe.LearningRateSchedule;
import dev.fern.detection.train.DatasetValidation;
import dev.fern.detection.train.TrainingListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the documentation's examples of training, from outside the packages, on rectangles. The test
 * of the documents, in tools, holds what is printed against the lines between the marks.
 */
class TrainingExampleTest {

    @TempDir Path folder;

    private Path annotations;
    private Path images;
    private Path settings;
    private Path run;
    private PhotoDatabase photos;
    private final PrintStream standardOutput = System.out;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @BeforeEach
    void makeData() throws Exception {
        photos = PhotoDatabase.create(folder, 6);
        annotations = photos.annotations();
        images = photos.images();
        settings = photos.settings(2);
        run = folder.resolve("run");
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void giveStandardOutputBack() {
        System.setOut(standardOutput);
    }

    private LabelledSource data() throws IOException {
        return AnnotatedFolder.read(annotations, images);
    }

    @Test
    void aDetectorIsTrained() throws Exception {
        // example begins
        TrainingResult result =
                Training.builder(run)
                        .data(AnnotatedFolder.read(annotations, images))
                        .validation(AnnotatedFolder.read(annotations, images))
                        .settings(settings) // a JSON file, such as configs/laptop.json
                        .setting("learningRate", 0.005)
                        .resumeIfBegun()
                        .build()
                        .run();
        System.out.println(result.finished() ? "trained: " + result.model() : "stopped");
        // example ends
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .isEqualToIgnoringNewLines("trained: " + run.resolve("best"));
    }

    @Test
    void dataComeFromADatabase() throws Exception {
        DataSource database = photos.source();
        // example begins
        LabelledRows.Builder rows = LabelledRows.builder("table photo");
        rows.category(1, "red").category(2, "blue");
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            ResultSet photos = statement.executeQuery("select id from photo order by id");
            while (photos.next()) {
                long id = photos.getLong(1);
                rows.image(id, () -> bytes(database, id));
            }
            ResultSet boxes = statement.executeQuery("select * from box order by id");
            while (boxes.next()) {
                rows.box(
                        boxes.getLong("photo"),
                        boxes.getLong("category"),
                        boxes.getDouble("x"), // left, top, width and height in pixels
                        boxes.getDouble("y"),
                        boxes.getDouble("width"),
                        boxes.getDouble("height"));
            }
        }
        Training training = Training.builder(run).data(rows.build()).settings(settings).build();
        TrainingResult result = training.run();
        // example ends
        assertThat(result.finished()).isTrue();
        try (Detector detector = Detector.load(result.model(), "MXNet")) {
            assertThat(detector.configuration().categories())
                    .extracting(CocoCategory::name)
                    .containsExactly("red", "blue");
        }
    }

    // Indented as the body of a method, since the documents show it.
    private static byte[] bytes(DataSource database, long id) throws Exception {
        // example begins
        String query = "select bytes from photo where id = ?";
        try (Connection connection = database.getConnection();
                PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setLong(1, id);
            ResultSet row = statement.executeQuery();
            return row.next() ? row.getBytes(1) : null; // null: there is no such image
        }
        // example ends
    }

    @Test
    void imagesAreChangedInAWayOfOnesOwn() throws Exception {
        // example begins
        ImageAugmentation noise =
                (picture, occasion) -> {
                    BgrImage image = picture.image();
                    byte[] bgr = image.pixels();
                    for (int i = 0; i < bgr.length; i++) {
                        int value = (bgr[i] & 0xff) + occasion.random().nextInt(-20, 21);
                        bgr[i] = (byte) Math.max(0, Math.min(255, value));
                    }
                    image.put(bgr);
                    return picture; // the boxes are where they were
                };
        Training.builder(run).data(data()).augmentation(noise).settings(settings).build().run();
        // example ends
        assertThat(run.resolve("last/parameters.safetensors")).exists();
    }

    @Test
    void theLearningRateFollowsAScheduleOfOnesOwn() throws Exception {
        // example begins
        LearningRateSchedule line = (step, totalSteps) -> 0.01 * (1 - (double) step / totalSteps);
        Training.builder(run).data(data()).schedule(line).settings(settings).build().run();
        // example ends
        assertThat(Files.readAllLines(run.resolve("metrics.jsonl")).get(0))
                .contains("\"learningRate\":0.01,");
    }

    @Test
    void aListenerIsToldAndStopsTheTraining() throws Exception {
        // example begins
        AtomicReference<Training> training = new AtomicReference<>();
        TrainingListener listener =
                new TrainingListener() {
                    @Override
                    public void step(Step step) {
                        System.out.printf("step %d: loss %.3f%n", step.step(), step.loss());
                        if (step.step() == 2) {
                            training.get().requestStop(); // any thread may do this
                        }
                    }
                };
        training.set(
                Training.builder(run).data(data()).listener(listener).settings(settings).build());
        training.get().run(); // ends after step 2, with a checkpoint

        Training.builder(run).data(data()).listener(listener).resume().build().run();
        // example ends
        assertThat(printed.toString(StandardCharsets.UTF_8).lines())
                .hasSize(6)
                .allMatch(line -> line.matches("step [1-6]: loss \\d+\\.\\d+"));
    }

    @Test
    void anyDetectorIsScored() throws Exception {
        Training.builder(run).data(data()).settings(settings).build().run();
        Path model = run.resolve("last");
        // example begins
        LabelledImages val = LabelledImages.open(data());
        DatasetValidation validation =
                new DatasetValidation(
                        val, new DetectorEvaluation.Options(8, new LoaderOptions(2, 5, false)));
        try (Detector detector = Detector.load(model, "MXNet")) {
            Map<String, Double> numbers = validation.evaluate(detector);
            System.out.printf("AP %.3f, AP50 %.3f%n", numbers.get("AP"), numbers.get("AP50"));
        }
        // example ends
        assertThat(printed.toString(StandardCharsets.UTF_8)).matches("AP \\d\\.\\d+, AP50 .*\\s+");
    }
}
