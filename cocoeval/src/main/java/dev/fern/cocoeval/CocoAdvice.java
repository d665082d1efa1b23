package dev.fern.cocoeval;

import dev.fern.cocoeval.id.IdPositions;
import dev.fern.cocoeval.id.IdTable;
import dev.fern.cocoeval.variant.BoxLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntToLongFunction;
import java.util.stream.LongStream;

/**
 * Tells where annotations and detections can't mean what their author thinks, though pycocotools
 * evaluates them without a word. Each line reads on from the file's name.
 */
public final class CocoAdvice {
    private CocoAdvice() {}

    /**
     * How many of the images that are evaluated have detections.
     *
     * @param detected images with at least one detection
     * @param evaluated images that are evaluated
     */
    public record Coverage(int detected, int evaluated) {

        /** A file with detections in a smaller part of the images was hardly made from all. */
        private static final double USUAL = 0.9;

        /**
         * {@return a line where so few images have detections that the file may be of other or
         * fewer images than the annotations; else nothing}
         */
        public Optional<String> advice() {
            return detected >= USUAL * evaluated
                    ? Optional.empty()
                    : Optional.of(
                            String.format(
                                    "has detections in %d of %d images; every object of the other %d"
                                            + " counts as missed",
                                    detected, evaluated, evaluated - detected));
        }
    }

    /**
     * Counts the images that have detections.
     *
     * @param dataset the annotations
     * @param results detections in its images
     * @param parameters of the evaluation, which may name the images
     * @return the counts
     */
    public static Coverage coverage(
            CocoDataset dataset, CocoResults results, EvaluationParameters parameters) {
        Set<Long> evaluated = new HashSet<>();
        parameters
                .imgIds()
                .ifPresentOrElse(
                        evaluated::addAll,
                        () -> dataset.images().forEach(image -> evaluated.add(image.id())));
        Set<Long> detected = new HashSet<>();
        for (int i = 0; i < results.size(); i++) {
            // detections mostly come image by image
            if (i == 0 || results.imageId(i) != results.imageId(i - 1)) {
                detected.add(results.idIn(dataset, results.imageId(i)));
            }
        }
        detected.retainAll(evaluated);
        return new Coverage(detected.size(), evaluated.size());
    }

    /**
     * Looks at annotations.
     *
     * @param dataset from a file or from memory
     * @param parameters of the evaluation; where they are corrected, it does not matter whether the
     *     ids of annotations come twice or are 0
     * @return one line for each kind of trouble, which counts the records; empty if there is none
     */
    public static List<String> of(CocoDataset dataset, EvaluationParameters parameters) {
        List<String> lines = new ArrayList<>();
        if (dataset.source() != null) {
            lines.addAll(dataset.source().notes());
        }
        List<CocoAnnotation> annotations = dataset.annotations();
        IdTable table = dataset.ids();
        References references = new References(dataset, "annotations", annotations.size());
        references.toImages(i -> annotations.get(i).imageId(), table).ifPresent(lines::add);
        references.toCategories(i -> annotations.get(i).categoryId(), table).ifPresent(lines::add);
        if (!parameters.corrected()) {
            long[] ids = annotations.stream().mapToLong(CocoAnnotation::id).toArray();
            repeatedIds(ids).ifPresent(lines::add);
            idsOfZero(ids).ifPresent(lines::add);
        }
        BoxLayout layout = new BoxLayout();
        for (CocoAnnotation annotation : annotations) {
            Box box = annotation.box();
            Optional<CocoImage> image = dataset.image(annotation.imageId());
            layout.add(
                    box.x(),
                    box.y(),
                    box.width(),
                    box.height(),
                    image.map(CocoImage::width).orElse(0),
                    image.map(CocoImage::height).orElse(0));
        }
        layout.problem().ifPresent(lines::add);
        return lines;
    }

    /**
     * Looks at detections.
     *
     * @param dataset the annotations
     * @param results detections in its images
     * @return one line for each kind of trouble, which counts the detections; empty if there is
     *     none
     */
    public static List<String> of(CocoDataset dataset, CocoResults results) {
        List<String> lines = new ArrayList<>(results.notes());
        new References(dataset, "detections", results.size())
                .toCategories(results::categoryId, results.ids())
                .ifPresent(lines::add);
        BoxLayout layout = new BoxLayout();
        double[] boxes = results.boxes();
        int width = 0;
        int height = 0;
        for (int i = 0; i < results.size(); i++) {
            if (i == 0 || results.imageId(i) != results.imageId(i - 1)) {
                Optional<CocoImage> image =
                        dataset.image(results.idIn(dataset, results.imageId(i)));
                width = image.map(CocoImage::width).orElse(0);
                height = image.map(CocoImage::height).orElse(0);
            }
            int at = 4 * i;
            layout.add(boxes[at], boxes[at + 1], boxes[at + 2], boxes[at + 3], width, height);
        }
        layout.problem().ifPresent(lines::add);
        return lines;
    }

    /**
     * How the message goes on that refuses results for the first detection on an image that is not
     * listed.
     */
    static String onUnlistedImages(CocoDataset dataset, CocoResults results) {
        String line =
                new References(dataset, "detections", results.size())
                        .toImages(results::imageId, results.ids())
                        .orElseThrow();
        if (line.contains("--lenient")) {
            return "; " + line;
        }
        return "; "
                + line
                + (line.endsWith("\"")
                        ? "; --lenient takes names of files for ids, and leaves out the others"
                        : "; --lenient leaves them out");
    }

    private static Optional<String> repeatedIds(long[] ids) {
        long different = LongStream.of(ids).sorted().distinct().count();
        return different == ids.length
                ? Optional.empty()
                : Optional.of(
                        String.format(
                                "%d annotations have only %d different ids; of those with one id"
                                        + " pycocotools takes the last for all, so that the numbers"
                                        + " are wrong; give each its own, or use --corrected",
                                ids.length, different));
    }

    private static Optional<String> idsOfZero(long[] ids) {
        long zeros = LongStream.of(ids).filter(id -> id == 0).count();
        return zeros == 0
                ? Optional.empty()
                : Optional.of(
                        zeros
                                + (zeros == 1 ? " annotation has" : " annotations have")
                                + " the id 0, and pycocotools takes a match with it for none; count"
                                + " ids from 1, or use --corrected");
    }

    /**
     * The ids by which records refer to images or categories.
     *
     * @param records what the records are called
     */
    private record References(CocoDataset dataset, String records, int count) {
        Optional<String> toImages(IntToLongFunction id, IdTable table) {
            return unlisted(
                    "image_id",
                    "images",
                    dataset.images().stream().mapToLong(CocoImage::id),
                    id,
                    table);
        }

        Optional<String> toCategories(IntToLongFunction id, IdTable table) {
            return unlisted(
                    "category_id",
                    "categories",
                    dataset.categories().stream().mapToLong(CocoCategory::id),
                    id,
                    table);
        }

        private Optional<String> unlisted(
                String member,
                String section,
                LongStream ids,
                IntToLongFunction referredId,
                IdTable table) {
            IdPositions listed = new IdPositions(ids.toArray());
            Object first = null;
            int unlisted = 0;
            for (int i = 0; i < count; i++) {
                long id = referredId.applyAsLong(i);
                if (!listed.contains(
                        IdTable.isOrdinary(id) ? id : dataset.ids().find(table.value(id)))) {
                    first = first == null ? table.value(id) : first;
                    unlisted++;
                }
            }
            if (unlisted == 0) {
                return Optional.empty();
            }
            boolean isAlike = listed.contains(dataset.ids().counterpart(first));
            boolean isText = first instanceof String;
            return Optional.of(
                    String.format(
                            "%d of %d %s have the %s of none of the %s, the first %s%s",
                            unlisted,
                            count,
                            records,
                            member,
                            section,
                            isText ? '"' + (String) first + '"' : first,
                            isAlike
                                    ? String.format(
                                            ", a %s where %s have a %s (--lenient takes it for"
                                                    + " that)",
                                            isText ? "string" : "number",
                                            section,
                                            isText ? "number" : "string")
                                    : ""));
        }
    }
}
