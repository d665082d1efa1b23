package dev.fern.detection;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.TestImages;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

/**
 * Rectangles on soft backgrounds, both as files with COCO annotations and as tables of an embedded
 * database: photo (id, bytes) and box (id, photo, category, x, y, width, height).
 */
public final class PhotoDatabase {

    private static final Color[] COLORS = {new Color(220, 30, 30), new Color(30, 30, 220)};
    private static final int SIDE = 64;

    private final Path folder;

    private PhotoDatabase(Path folder) {
        this.folder = folder;
    }

    /**
     * Makes files and tables.
     *
     * @param folder is there
     * @param count number of photographs
     * @return both
     */
    public static PhotoDatabase create(Path folder, int count) throws Exception {
        PhotoDatabase made = new PhotoDatabase(folder);
        Files.createDirectories(made.images());
        List<CocoImage> images = new ArrayList<>();
        List<CocoAnnotation> boxes = new ArrayList<>();
        try (Connection connection = made.source().getConnection();
                Statement tables = connection.createStatement()) {
            tables.execute("create table photo (id bigint primary key, bytes blob)");
            tables.execute(
                    "create table box (id bigint primary key, photo bigint, category bigint,"
                            + " x double, y double, width double, height double)");
            for (long id = 1; id <= count; id++) {
                byte[] bytes = draw(id, boxes);
                Files.write(made.images().resolve(id + ".png"), bytes);
                images.add(new CocoImage(id, id + ".png", SIDE, SIDE));
                try (PreparedStatement photo =
                        connection.prepareStatement("insert into photo values (?, ?)")) {
                    photo.setLong(1, id);
                    photo.setBytes(2, bytes);
                    photo.execute();
                }
            }
            for (CocoAnnotation box : boxes) {
                insert(connection, box);
            }
        }
        CocoDataset.of(
                        images,
                        List.of(new CocoCategory(1, "red", ""), new CocoCategory(2, "blue", "")),
                        boxes)
                .write(made.annotations());
        return made;
    }

    /**
     * Opens what {@link #create} made.
     *
     * @param folder as it was then
     * @return files and tables
     */
    static PhotoDatabase open(Path folder) {
        return new PhotoDatabase(folder);
    }

    private static byte[] draw(long id, List<CocoAnnotation> boxes) throws IOException {
        BufferedImage drawing = TestImages.random(SIDE, SIDE, id);
        Graphics2D graphics = drawing.createGraphics();
        Random random = new Random(id);
        for (int i = 0; i < 2; i++) {
            int width = 16 + random.nextInt(16);
            int height = 16 + random.nextInt(16);
            int x = random.nextInt(SIDE - width);
            int y = random.nextInt(SIDE - height);
            int category = random.nextInt(2);
            graphics.setColor(COLORS[category]);
            graphics.fillRect(x, y, width, height);
            boxes.add(
                    new CocoAnnotation(
                            boxes.size() + 1L,
                            id,
                            category + 1L,
                            new Box(x, y, width, height),
                            width * height,
                            false));
        }
        graphics.dispose();
        return TestImages.encode(drawing, "png");
    }

    private static void insert(Connection connection, CocoAnnotation annotation) throws Exception {
        try (PreparedStatement row =
                connection.prepareStatement("insert into box values (?, ?, ?, ?, ?, ?, ?)")) {
            row.setLong(1, annotation.id());
            row.setLong(2, annotation.imageId());
            row.setLong(3, annotation.categoryId());
            row.setDouble(4, annotation.box().x());
            row.setDouble(5, annotation.box().y());
            row.setDouble(6, annotation.box().width());
            row.setDouble(7, annotation.box().height());
            row.execute();
        }
    }

    /** Returns the database. */
    public DataSource source() {
        JdbcDataSource source = new JdbcDataSource();
        source.setURL("jdbc:h2:" + folder.resolve("photos").toAbsolutePath());
        return source;
    }

    /** Returns the annotation file. */
    public Path annotations() {
        return folder.resolve("annotations.json");
    }

    /** Returns the folder of the image files. */
    public Path images() {
        return folder.resolve("images");
    }

    /** Writes the settings of a training that takes a few seconds. */
    public Path settings(int epochs) throws IOException {
        return Files.writeString(
                folder.resolve("settings.json"),
                String.format(
                        """
                        {"epochs": %d, "batchSize": 2, "width": 0.1, "minSize": 64, "maxSize": 64,
                         "pyramidChannels": 8, "headConvolutions": 0, "engine": "%s"}
                        """,
                        epochs, System.getProperty("ai.djl.default_engine", "MXNet")));
    }
}
