package example;

import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.cocoeval.CocoDataset;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.data.LabelledRows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** Photographs with their boxes in three tables: category, photo and box. */
final class PhotoTables {

    private static final String[] TABLES = {
        "CREATE TABLE category (id BIGINT PRIMARY KEY, name VARCHAR NOT NULL)",
        "CREATE TABLE photo (id BIGINT PRIMARY KEY, file BLOB NOT NULL)",
        "CREATE TABLE box (id BIGINT PRIMARY KEY, photo BIGINT NOT NULL REFERENCES photo,"
                + " category BIGINT NOT NULL REFERENCES category, x DOUBLE PRECISION,"
                + " y DOUBLE PRECISION, width DOUBLE PRECISION, height DOUBLE PRECISION)"
    };

    private final DataSource database;

    PhotoTables(DataSource database) {
        this.database = database;
    }

    /** Returns whether the tables are there. */
    boolean exist() throws SQLException {
        try (Connection connection = database.getConnection();
                ResultSet tables =
                        connection.getMetaData().getTables(null, null, "PHOTO", null)) {
            return tables.next();
        }
    }

    /** Makes the tables and fills them from a COCO file and a folder of images. */
    void fill(CocoDataset dataset, Path images) throws SQLException, IOException {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                for (String table : TABLES) {
                    statement.execute(table);
                }
            }
            for (CocoCategory category : dataset.categories()) {
                insert(connection, "category", category.id(), category.name());
            }
            for (CocoImage image : dataset.images()) {
                byte[] file = Files.readAllBytes(images.resolve(image.fileName()));
                insert(connection, "photo", image.id(), file);
            }
            for (CocoAnnotation of : dataset.annotations()) {
                insert(
                        connection,
                        "box",
                        of.id(),
                        of.imageId(),
                        of.categoryId(),
                        of.box().x(),
                        of.box().y(),
                        of.box().width(),
                        of.box().height());
            }
            connection.commit();
        }
    }

    private static void insert(Connection connection, String table, Object... values)
            throws SQLException {
        String places = "?" + ", ?".repeat(values.length - 1);
        String row = "INSERT INTO " + table + " VALUES (" + places + ")";
        try (PreparedStatement statement = connection.prepareStatement(row)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            statement.execute();
        }
    }

    /** Lists all photographs with their boxes; a photograph's bytes are fetched when needed. */
    LabelledRows rows() throws SQLException {
        LabelledRows.Builder rows = LabelledRows.builder("table photo");
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            ResultSet categories = statement.executeQuery("SELECT id, name FROM category ORDER BY id");
            while (categories.next()) {
                rows.category(categories.getLong("id"), categories.getString("name"));
            }
            ResultSet photos = statement.executeQuery("SELECT id FROM photo ORDER BY id");
            while (photos.next()) {
                long id = photos.getLong("id");
                rows.image(id, () -> file(id));
            }
            ResultSet boxes = statement.executeQuery("SELECT * FROM box ORDER BY id");
            while (boxes.next()) {
                rows.box(
                        boxes.getLong("photo"),
                        boxes.getLong("category"),
                        boxes.getDouble("x"),
                        boxes.getDouble("y"),
                        boxes.getDouble("width"),
                        boxes.getDouble("height"));
            }
        }
        return rows.build();
    }

    /** Fetches a photograph's file; Fern calls this on several threads. */
    private byte[] file(long id) throws SQLException, NoSuchFileException {
        try (Connection connection = database.getConnection();
                PreparedStatement select =
                        connection.prepareStatement("SELECT file FROM photo WHERE id = ?")) {
            select.setLong(1, id);
            ResultSet photo = select.executeQuery();
            if (!photo.next()) {
                throw new NoSuchFileException("photo " + id);
            }
            return photo.getBytes("file");
        }
    }
}
