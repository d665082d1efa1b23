package dev.fern.tools.format;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import dev.fern.cocoeval.Box;
import dev.fern.detection.image.ImageSize;
import dev.fern.tools.annotation.AnnotatedDataset;
import dev.fern.tools.annotation.AnnotatedImage;
import dev.fern.tools.annotation.AnnotatedObject;
import dev.fern.tools.annotation.AnnotationFormatException;
import dev.fern.tools.annotation.AnnotationReader;
import dev.fern.tools.annotation.Decimals;
import dev.fern.tools.annotation.FileNames;
import dev.fern.tools.annotation.ImageHeaders;
import dev.fern.tools.annotation.SourceText;
import dev.fern.tools.format.TableColumns.Field;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a table of boxes, one per row, in CSV (RFC 4180), also with semicolons or tabs. A row
 * without a box and category is an image without objects.
 *
 * @param file the table
 * @param images the image folder: it gives the sizes that fractions need and the table lacks, and
 *     the files that names without an extension mean
 * @param columns what columns hold, by the fields' names in lower case; those left out are found by
 *     the header, and a table without one has path, x1, y1, x2, y2, class, as keras-retinanet's
 * @param units of the boxes
 * @param names of the categories by what the table has for them, such as Open Images' {@code
 *     /m/01g317}; those that are absent stay as they are
 */
public record TableReader(
        Path file,
        Optional<ImageHeaders> images,
        Map<String, String> columns,
        Units units,
        Map<String, String> names)
        implements AnnotationReader {

    private static final int MOST_BYTES = Integer.MAX_VALUE / 2;

    /** What the numbers of boxes stand for. */
    public enum Units {
        /** Fractions if no number exceeds 1, pixels otherwise. */
        AUTO,
        /** Pixels of the image. */
        PIXELS,
        /** Fractions of the image's width and height. */
        FRACTIONS
    }

    /**
     * Copies the maps.
     *
     * @param file the table
     * @param images the image folder, if it is given
     * @param columns what columns hold
     * @param units of the boxes
     * @param names of the categories
     * @throws IllegalArgumentException if {@code columns} names a field that there is not
     */
    public TableReader {
        columns = Map.copyOf(columns);
        names = Map.copyOf(names);
        fields(columns);
    }

    private static Map<Field, String> fields(Map<String, String> columns) {
        Map<Field, String> fields = new EnumMap<>(Field.class);
        for (Map.Entry<String, String> column : columns.entrySet()) {
            boolean known = false;
            for (Field field : Field.values()) {
                if (field.option().equals(column.getKey())) {
                    fields.put(field, column.getValue());
                    known = true;
                }
            }
            if (!known) {
                throw new IllegalArgumentException(
                        "\"" + column.getKey() + "\" is none of " + TableColumns.options());
            }
        }
        return fields;
    }

    /**
     * Reads a table of names without a header: what tables of boxes have, and what it means.
     *
     * @param file two columns
     * @return the second column by the first
     * @throws AnnotationFormatException naming the line that has no two columns
     * @throws IOException if it can't be read
     */
    public static Map<String, String> names(Path file) throws IOException {
        Map<String, String> names = new HashMap<>();
        try (CsvReader<CsvRecord> csv =
                CsvReader.builder().ofCsvRecord(SourceText.read(file, MOST_BYTES))) {
            for (CsvRecord row : csv) {
                if (row.getFieldCount() < 2) {
                    throw new AnnotationFormatException(
                            file, "line " + row.getStartingLineNumber() + " has no two columns");
                }
                names.put(row.getField(0).strip(), row.getField(1).strip());
            }
        } catch (CsvParseException e) {
            throw new AnnotationFormatException(file, "not CSV: " + e.getMessage(), e);
        }
        return names;
    }

    /** An object whose box is still as the table has it: corners. */
    private record Row(String category, double[] corners, boolean crowd) {}

    /** What the rows say of one image. */
    private static final class Rows {
        final List<Row> objects = new ArrayList<>();
        Optional<ImageSize> size = Optional.empty();
    }

    @Override
    public AnnotatedDataset read() throws IOException {
        Map<String, Rows> byImage = new LinkedHashMap<>();
        double largest = rows(byImage);
        boolean fractions = units == Units.FRACTIONS || units == Units.AUTO && largest <= 1;
        List<AnnotatedImage> read = new ArrayList<>();
        for (Map.Entry<String, Rows> entry : byImage.entrySet()) {
            String name = entry.getKey();
            Optional<ImageSize> size = entry.getValue().size;
            if (fractions && size.isEmpty()) {
                if (images.isEmpty()) {
                    throw new AnnotationFormatException(
                            file,
                            "its boxes are fractions and it has no sizes of images; name the image"
                                    + " folder with --images");
                }
                size = Optional.of(images.get().size(name));
            }
            double width = fractions ? size.orElseThrow().width() : 1;
            double height = fractions ? size.orElseThrow().height() : 1;
            List<AnnotatedObject> objects = new ArrayList<>();
            for (Row row : entry.getValue().objects) {
                double[] box = row.corners;
                objects.add(
                        AnnotatedObject.boxed(
                                names.getOrDefault(row.category, row.category),
                                new Box(
                                        Decimals.pixels(box[0] * width),
                                        Decimals.pixels(box[1] * height),
                                        Decimals.pixels((box[2] - box[0]) * width),
                                        Decimals.pixels((box[3] - box[1]) * height)),
                                row.crowd));
            }
            read.add(new AnnotatedImage(name, size, objects));
        }
        List<String> notes =
                fractions && units == Units.AUTO
                        ? List.of("no number exceeds 1: boxes taken as fractions; see --units")
                        : List.of();
        return AnnotatedDataset.of(List.of(), read, notes);
    }

    /** Reads all rows; returns the largest coordinate, or infinity where there is no box. */
    private double rows(Map<String, Rows> byImage) throws IOException {
        String text = SourceText.read(file, MOST_BYTES);
        double largest = Double.NEGATIVE_INFINITY;
        TableColumns table = null;
        Map<String, String> located = new HashMap<>();
        try (CsvReader<CsvRecord> csv =
                CsvReader.builder()
                        .fieldSeparator(separator(text))
                        .allowUnclosedQuote(false)
                        .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                        .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                        .ofCsvRecord(text)) {
            for (CsvRecord row : csv) {
                if (table == null) {
                    Optional<TableColumns> header =
                            TableColumns.of(row.getFields(), fields(columns));
                    table = header.orElseGet(() -> withoutHeader(row));
                    if (table == null) {
                        throw new AnnotationFormatException(
                                file,
                                "its first line does not tell which columns hold image, category"
                                        + " and box; name them with --columns");
                    }
                    if (header.isPresent() && !holdsBox(row, table)) {
                        continue;
                    }
                }
                largest = Math.max(largest, row(row, table, located, byImage));
            }
        } catch (CsvParseException e) {
            throw new AnnotationFormatException(file, "not CSV: " + e.getMessage(), e);
        }
        if (table == null) {
            throw new AnnotationFormatException(file, "has no rows");
        }
        return largest == Double.NEGATIVE_INFINITY ? Double.POSITIVE_INFINITY : largest;
    }

    /** Returns the one of comma, semicolon and tab that the first line has most of. */
    private static char separator(String text) {
        String line = text.lines().findFirst().orElse("");
        char most = ',';
        for (char separator : new char[] {';', '\t'}) {
            if (count(line, separator) > count(line, most)) {
                most = separator;
            }
        }
        return most;
    }

    private static long count(String line, char separator) {
        return line.chars().filter(c -> c == separator).count();
    }

    private static TableColumns withoutHeader(CsvRecord row) {
        TableColumns usual = TableColumns.WITHOUT_HEADER;
        boolean isEmptyImage =
                row.getFieldCount() == 6
                        && !row.getField(0).isBlank()
                        && row.getFields().subList(1, 6).stream().allMatch(String::isBlank);
        return row.getFieldCount() == 6 && (isEmptyImage || holdsBox(row, usual)) ? usual : null;
    }

    private static boolean holdsBox(CsvRecord row, TableColumns table) {
        return table.box().stream()
                .allMatch(
                        field ->
                                table.text(row.getFields(), field)
                                        .matches("[-+]?[0-9.]+([eE][-+]?[0-9]+)?"));
    }

    /** Takes a row; returns its largest coordinate. */
    private double row(
            CsvRecord row,
            TableColumns table,
            Map<String, String> located,
            Map<String, Rows> byImage)
            throws IOException {
        List<String> cells = row.getFields();
        String given = table.text(cells, Field.IMAGE);
        if (given.isEmpty()) {
            throw fault(row, "has no image");
        }
        String name = located.get(given);
        if (name == null) {
            name = FileNames.relative(file, given);
            name = images.isPresent() ? images.get().locate(name) : name;
            located.put(given, name);
        }
        Rows image = byImage.computeIfAbsent(name, other -> new Rows());
        if (!table.text(cells, Field.IMAGE_WIDTH).isEmpty()
                && !table.text(cells, Field.IMAGE_HEIGHT).isEmpty()) {
            double width = number(row, table, Field.IMAGE_WIDTH);
            double height = number(row, table, Field.IMAGE_HEIGHT);
            if (width >= 1 && height >= 1) {
                image.size = Optional.of(new ImageSize((int) width, (int) height));
            }
        }
        String category = table.text(cells, Field.CATEGORY);
        List<Field> box = table.box();
        if (category.isEmpty() && box.stream().allMatch(f -> table.text(cells, f).isEmpty())) {
            return Double.NEGATIVE_INFINITY;
        }
        if (category.isEmpty()) {
            throw fault(row, "has no category");
        }
        double[] corners = new double[4];
        for (int i = 0; i < corners.length; i++) {
            corners[i] = number(row, table, box.get(i));
        }
        if (!table.hasCorners()) {
            corners[2] += corners[0];
            corners[3] += corners[1];
        }
        if (corners[2] < corners[0] || corners[3] < corners[1]) {
            throw fault(row, "has a box of negative size");
        }
        String crowd = table.text(cells, Field.CROWD);
        image.objects.add(
                new Row(category, corners, crowd.equals("1") || crowd.equalsIgnoreCase("true")));
        return Math.max(corners[2], corners[3]);
    }

    private double number(CsvRecord row, TableColumns table, Field field) throws IOException {
        String text = table.text(row.getFields(), field);
        try {
            double value = Double.parseDouble(text);
            if (Double.isFinite(value)) {
                return value;
            }
        } catch (NumberFormatException e) {
            // The exception below says so.
        }
        throw fault(row, field.option() + " is \"" + text + "\", not a number");
    }

    private AnnotationFormatException fault(CsvRecord row, String fault) {
        return new AnnotationFormatException(
                file, "line " + row.getStartingLineNumber() + ": " + fault);
    }
}
