package example;

import dev.fern.cocoeval.CocoDataset;
import dev.fern.detection.Training;
import dev.fern.detection.TrainingResult;
import dev.fern.detection.data.LabelledRows;
import dev.fern.detection.train.TrainingListener;
import java.nio.file.Path;
import org.h2.jdbcx.JdbcConnectionPool;

/** Trains a small detector on photographs and boxes that an H2 database holds. */
public final class TrainFromDatabase {

    private TrainFromDatabase() {}

    /**
     * Trains, or goes on where an earlier training was stopped.
     *
     * @param arguments the database, the run's folder and, to fill the database first, a COCO file
     *     and the folder of its images
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2 && arguments.length != 4) {
            System.err.println("usage: train-from-database DATABASE RUN [ANNOTATIONS.json IMAGES]");
            System.exit(2);
        }
        String url = "jdbc:h2:file:" + Path.of(arguments[0]).toAbsolutePath();
        JdbcConnectionPool database = JdbcConnectionPool.create(url, "", "");
        try {
            PhotoTables tables = new PhotoTables(database);
            if (arguments.length == 4 && !tables.exist()) {
                tables.fill(CocoDataset.read(Path.of(arguments[2])), Path.of(arguments[3]));
            }
            train(tables.rows(), Path.of(arguments[1]));
        } finally {
            database.dispose();
        }
    }

    private static void train(LabelledRows rows, Path run) throws Exception {
        Training training =
                Training.builder(run)
                        .data(rows)
                        .validation(rows) // for a real figure, other photographs
                        .setting("backbone", "resnet18")
                        .setting("width", 0.125)
                        .setting("pyramidChannels", 16)
                        .setting("headConvolutions", 1)
                        .setting("minSize", 64)
                        .setting("maxSize", 64)
                        .setting("batchSize", 2)
                        .setting("epochs", 2)
                        .listener(
                                new TrainingListener() {
                                    @Override
                                    public void note(String line) {
                                        System.out.println(line);
                                    }
                                })
                        .resumeIfBegun()
                        .build();
        TrainingResult result = training.run();
        System.out.println("model: " + result.model());
    }
}
