package dev.fern.spark;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoImage;
import dev.fern.detection.image.ImageSource;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Where the columns of a DataFrame of images are. A column that is not there has the place -1.
 *
 * @param path of the image's file
 * @param content the bytes of the image's file
 * @param width in pixels, that annotations tell; 0 where they do not
 * @param height in pixels
 * @param boxes of the annotations, four numbers each, by which {@link
 *     dev.fern.detection.data.ImageSizing} finds out the orientation
 * @param kept places of the columns that the result has too: all but the bytes and the boxes
 */
record ImageColumns(int path, int content, int width, int height, int boxes, int[] kept)
        implements Serializable {

    static final String PATH = "path";
    static final String CONTENT = "content";
    static final String WIDTH = "width";
    static final String HEIGHT = "height";
    static final String BOXES = "boxes";
    static final String DETECTIONS = "detections";
    static final String ERROR = "error";

    /** The type of the boxes' column. */
    static final DataType BOX_NUMBERS = DataTypes.createArrayType(DataTypes.DoubleType, false);

    private static final long serialVersionUID = 1L;

    /** The type of the detections' column. */
    private static final DataType DETECTION_LIST =
            DataTypes.createArrayType(
                    new StructType()
                            .add("category_id", DataTypes.LongType, false)
                            .add("category", DataTypes.StringType, false)
                            .add("x", DataTypes.DoubleType, false)
                            .add("y", DataTypes.DoubleType, false)
                            .add("width", DataTypes.DoubleType, false)
                            .add("height", DataTypes.DoubleType, false)
                            .add("score", DataTypes.FloatType, false),
                    false);

    /**
     * Finds the columns by their names and types.
     *
     * @throws IllegalArgumentException naming a column that is missing, of another type, or one of
     *     the result's
     */
    static ImageColumns of(StructType schema) {
        List<String> names = Arrays.asList(schema.fieldNames());
        int path = place(schema, PATH, DataTypes.StringType);
        int content = place(schema, CONTENT, DataTypes.BinaryType);
        if (path < 0 && content < 0) {
            throw new IllegalArgumentException(
                    "the images have neither a column 'path' of strings nor a column 'content' of"
                            + " bytes, but "
                            + names);
        }
        for (String taken : List.of(DETECTIONS, ERROR)) {
            if (names.contains(taken)) {
                throw new IllegalArgumentException(
                        "the images have a column '" + taken + "', which the result adds; drop it");
            }
        }
        int boxes = place(schema, BOXES, BOX_NUMBERS);
        int width = place(schema, WIDTH, DataTypes.IntegerType);
        int height = place(schema, HEIGHT, DataTypes.IntegerType);
        int[] kept = new int[names.size()];
        int count = 0;
        for (int i = 0; i < names.size(); i++) {
            if (i != content && i != boxes) {
                kept[count++] = i;
            }
        }
        return new ImageColumns(
                path,
                content,
                height < 0 ? -1 : width,
                width < 0 ? -1 : height,
                boxes,
                Arrays.copyOf(kept, count));
    }

    private static int place(StructType schema, String name, DataType type) {
        int place = Arrays.asList(schema.fieldNames()).indexOf(name);
        if (place >= 0 && !schema.fields()[place].dataType().sameType(type)) {
            throw new IllegalArgumentException(
                    "the column '"
                            + name
                            + "' of the images must be "
                            + type.simpleString()
                            + ", not "
                            + schema.fields()[place].dataType().simpleString());
        }
        return place;
    }

    /** Returns the columns of the result. */
    StructType result(StructType schema) {
        StructField[] fields =
                Arrays.stream(kept).mapToObj(i -> schema.fields()[i]).toArray(StructField[]::new);
        return new StructType(fields)
                .add(DETECTIONS, DETECTION_LIST, true)
                .add(ERROR, DataTypes.StringType, true);
    }

    /** Returns a row of the result: of detections and error one is null. */
    Row withResult(Row row, Object detections, String error) {
        Object[] values = new Object[kept.length + 2];
        for (int i = 0; i < kept.length; i++) {
            values[i] = row.get(kept[i]);
        }
        values[kept.length] = error == null ? detections : null;
        values[kept.length + 1] = error;
        return RowFactory.create(values);
    }

    /** Returns where the bytes of a row's image are. */
    ImageSource source(Row row, HadoopFiles files) {
        boolean hasPath = path >= 0 && !row.isNullAt(path);
        if (content >= 0 && !row.isNullAt(content)) {
            byte[] bytes = row.getAs(content);
            return ImageSource.ofBytes(hasPath ? row.getString(path) : "image", () -> bytes);
        }
        return hasPath
                ? files.image(row.getString(path))
                : ImageSource.ofBytes("image", () -> null);
    }

    /** Returns a row's image as annotations tell of it. */
    CocoImage image(long id, Row row) {
        boolean sized = width >= 0 && !row.isNullAt(width) && !row.isNullAt(height);
        return new CocoImage(id, "", sized ? row.getInt(width) : 0, sized ? row.getInt(height) : 0);
    }

    /** Returns the boxes of a row's annotations. */
    List<Box> boxes(Row row) {
        List<Box> all = new ArrayList<>();
        if (boxes >= 0 && !row.isNullAt(boxes)) {
            List<Double> numbers = row.getList(boxes);
            for (int i = 0; i + 3 < numbers.size(); i += 4) {
                all.add(
                        new Box(
                                numbers.get(i),
                                numbers.get(i + 1),
                                numbers.get(i + 2),
                                numbers.get(i + 3)));
            }
        }
        return all;
    }
}
