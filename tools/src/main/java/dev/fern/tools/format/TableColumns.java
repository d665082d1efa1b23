package dev.fern.tools.format;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which column of a table of boxes holds what.
 *
 * @param places of the columns, from 0
 */
record TableColumns(Map<Field, Integer> places) {

    /**
     * What a column can hold, with the names that tables give it, without case and separators. Of
     * several such columns the one whose name comes first here counts.
     */
    enum Field {
        /** The file name of the image. */
        IMAGE(
                "filename",
                "filepath",
                "imagepath",
                "imagefile",
                "imagename",
                "image",
                "path",
                "file",
                "img",
                "imageid"),
        /** The name of the category. */
        CATEGORY(
                "categoryname",
                "classname",
                "labelname",
                "category",
                "class",
                "label",
                "labels",
                "name"),
        /** The left edge. */
        XMIN("xmin", "x1", "left", "xtl", "bboxx1", "bboxxmin"),
        /** The top edge. */
        YMIN("ymin", "y1", "top", "ytl", "bboxy1", "bboxymin"),
        /** The right edge. */
        XMAX("xmax", "x2", "right", "xbr", "bboxx2", "bboxxmax"),
        /** The bottom edge. */
        YMAX("ymax", "y2", "bottom", "ybr", "bboxy2", "bboxymax"),
        /** The left edge, where width and height follow. */
        X("x", "bboxx"),
        /** The top edge, where width and height follow. */
        Y("y", "bboxy"),
        /** The width of the box. */
        WIDTH("boxwidth", "bboxwidth", "bboxw", "w", "width"),
        /** The height of the box. */
        HEIGHT("boxheight", "bboxheight", "bboxh", "h", "height"),
        /** The width of the image in pixels. */
        IMAGE_WIDTH("imagewidth", "imgwidth", "imgw", "width"),
        /** The height of the image in pixels. */
        IMAGE_HEIGHT("imageheight", "imgheight", "imgh", "height"),
        /** Whether the box holds a group: 1 or true. */
        CROWD("iscrowd", "crowd", "isgroupof");

        private final List<String> names;

        Field(String... names) {
            this.names = List.of(names);
        }

        /** The name in {@code --columns}, such as {@code image-width}. */
        String option() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private static final Set<Field> CORNERS =
            Set.of(Field.XMIN, Field.YMIN, Field.XMAX, Field.YMAX);
    private static final Set<Field> SIZES = Set.of(Field.X, Field.Y, Field.WIDTH, Field.HEIGHT);

    /** keras-retinanet's table, which has no header. */
    static final TableColumns WITHOUT_HEADER =
            new TableColumns(
                    Map.of(
                            Field.IMAGE, 0,
                            Field.XMIN, 1,
                            Field.YMIN, 2,
                            Field.XMAX, 3,
                            Field.YMAX, 4,
                            Field.CATEGORY, 5));

    /**
     * Finds the columns by the names of a header.
     *
     * @param given names of columns by what they hold, or their numbers from 1; they come before
     *     the names that are known
     * @return empty if the header lacks an image, a category or a box
     */
    static Optional<TableColumns> of(List<String> header, Map<Field, String> given) {
        List<String> plain = header.stream().map(TableColumns::plain).toList();
        Map<Field, Integer> places = new EnumMap<>(Field.class);
        for (Map.Entry<Field, String> entry : given.entrySet()) {
            String column = entry.getValue();
            int place = header.indexOf(column);
            if (column.matches("[1-9]\\d{0,3}")) {
                place = Integer.parseInt(column) - 1;
            } else if (place < 0) {
                place = plain.indexOf(plain(column));
            }
            if (place < 0 || place >= header.size()) {
                return Optional.empty();
            }
            places.put(entry.getKey(), place);
        }
        for (Field field : Field.values()) {
            for (String name : field.names) {
                for (int i = 0; i < plain.size() && !places.containsKey(field); i++) {
                    if (plain.get(i).equals(name) && !places.containsValue(i)) {
                        places.put(field, i);
                    }
                }
            }
        }
        if (places.keySet().containsAll(CORNERS) && !given.containsKey(Field.WIDTH)) {
            // Beside corners, width and height are the image's, as TensorFlow's tables have them.
            move(places, Field.WIDTH, Field.IMAGE_WIDTH);
            move(places, Field.HEIGHT, Field.IMAGE_HEIGHT);
        }
        TableColumns columns = new TableColumns(places);
        return columns.isComplete() ? Optional.of(columns) : Optional.empty();
    }

    private static void move(Map<Field, Integer> places, Field from, Field to) {
        Integer place = places.remove(from);
        if (place != null) {
            places.putIfAbsent(to, place);
        }
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[\\s_.-]", "");
    }

    private boolean isComplete() {
        return places.containsKey(Field.IMAGE)
                && places.containsKey(Field.CATEGORY)
                && (hasCorners() || places.keySet().containsAll(SIZES));
    }

    boolean hasCorners() {
        return places.keySet().containsAll(CORNERS);
    }

    /** Returns the fields of the box: left, top, and right, bottom or width, height. */
    List<Field> box() {
        return hasCorners()
                ? List.of(Field.XMIN, Field.YMIN, Field.XMAX, Field.YMAX)
                : List.of(Field.X, Field.Y, Field.WIDTH, Field.HEIGHT);
    }

    /** Returns what a row has in a column, without spaces around it; empty if it has no column. */
    String text(List<String> row, Field field) {
        Integer place = places.get(field);
        return place == null || place >= row.size() ? "" : row.get(place).strip();
    }

    /** The names of all fields, for messages. */
    static String options() {
        List<String> names = new ArrayList<>();
        for (Field field : Field.values()) {
            names.add(field.option());
        }
        return String.join(", ", names);
    }
}
