package dev.fern.spark;

import dev.fern.cocoeval.Box;
import dev.fern.detection.model.Detection;
import java.util.List;
import org.apache.spark.sql.Row;

/** A detection as the column has it: records compare floating-point numbers bit by bit. */
record FoundObject(
        long categoryId,
        String category,
        double x,
        double y,
        double width,
        double height,
        float score) {

    static FoundObject of(Detection detection) {
        Box box = detection.box();
        return new FoundObject(
                detection.categoryId(),
                detection.categoryName(),
                box.x(),
                box.y(),
                box.width(),
                box.height(),
                detection.score());
    }

    /** Returns the objects of a row of the result; null if the row has an error. */
    static List<FoundObject> of(Row row) {
        int place = row.fieldIndex("detections");
        return row.isNullAt(place)
                ? null
                : row.<Row>getList(place).stream().map(FoundObject::ofStruct).toList();
    }

    private static FoundObject ofStruct(Row struct) {
        return new FoundObject(
                struct.<Long>getAs("category_id"),
                struct.getAs("category"),
                struct.<Double>getAs("x"),
                struct.<Double>getAs("y"),
                struct.<Double>getAs("width"),
                struct.<Double>getAs("height"),
                struct.<Float>getAs("score"));
    }
}
