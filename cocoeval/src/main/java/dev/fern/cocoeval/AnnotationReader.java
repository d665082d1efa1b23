package dev.fern.cocoeval;

import static dev.fern.cocoeval.CocoProblem.Severity.ERROR;
import static dev.fern.cocoeval.CocoProblem.Severity.WARNING;

import dev.fern.cocoeval.RecordFields.BoxField;
import dev.fern.cocoeval.RecordFields.Field;
import dev.fern.cocoeval.RecordFields.IdField;
import dev.fern.cocoeval.Refusals.AnnotationFlaw;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.json.JsonTokenizer;
import dev.fern.cocoeval.json.JsonTokenizer.Other;
import dev.fern.cocoeval.keypoint.Keypoints;
import dev.fern.cocoeval.mask.Segmentation;
import dev.fern.cocoeval.mask.SegmentationReader;
import dev.fern.cocoeval.variant.MaskExtent;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the entries of {@code annotations} of a COCO instances file. */
final class AnnotationReader {
    /** How a message goes on about what is missing. */
    private static final String REFUSED = ", which pycocotools refuses; --lenient does without";

    /** A fault that many annotations may share: the first one and a count. */
    private final class Tally {
        private CocoProblem first;
        private int count;

        void add(long offset, String message) {
            if (count++ == 0) {
                first = fields.problem(WARNING, offset, message);
            }
        }

        void addTo(List<CocoProblem> problems) {
            if (count == 1) {
                problems.add(first);
            } else if (count > 1) {
                String more = first.message() + " (" + (count - 1) + " more annotations like it)";
                problems.add(new CocoProblem(WARNING, first.path(), first.offset(), more));
            }
        }
    }

    private final JsonTokenizer in;
    private final RecordFields fields;
    private final boolean lenient;
    private final boolean measuresMasks;
    private final Shapes shapes;
    private final SegmentationReader masks;
    private final Map<Integer, AnnotationFlaw> flaws = new HashMap<>();
    private final BitSet ignoreFlags = new BitSet();
    private final Tally withoutArea = new Tally();
    private final Tally withoutCrowd = new Tally();
    private final Tally textCrowds = new Tally();
    private boolean lacksMasks;

    /**
     * @param lenient whether missing fields and texts for {@code iscrowd} are no flaws
     * @param type what to keep of each annotation beside its box
     * @param measuresMasks whether masks give missing boxes and areas
     */
    AnnotationReader(
            JsonTokenizer in,
            RecordFields fields,
            boolean lenient,
            IouType type,
            boolean measuresMasks) {
        this.in = in;
        this.fields = fields;
        this.lenient = lenient;
        this.measuresMasks = measuresMasks;
        shapes = new Shapes(type);
        masks = new SegmentationReader(in, lenient);
    }

    /** Reads one annotation and adds it, if it can be represented, with what is wrong with it. */
    void read(CocoDatasetReader.Section<CocoAnnotation> annotations) throws CocoFormatException {
        long offset = in.offset();
        IdField id = fields.id("id");
        IdField imageId = fields.id("image_id");
        IdField categoryId = fields.id("category_id");
        BoxField box = fields.box(shapes.type() == IouType.KEYPOINTS);
        Field area = fields.field();
        Field crowd = fields.field();
        Field ignore = fields.field();
        Field labelled = fields.field();
        boolean segmented = false;
        Segmentation segmentation = null;
        Keypoints keypoints = null;
        in.beginObject();
        for (String name = in.nextName(); name != null; name = in.nextName()) {
            switch (name) {
                case "id" -> id.read();
                case "image_id" -> imageId.read();
                case "category_id" -> categoryId.read();
                case "bbox" -> box.read();
                case "area" -> area.read(ERROR, "is not a number", Number.class);
                case "iscrowd" -> crowd.read(ERROR, "is not 0 or 1", Number.class);
                case "ignore" -> ignore.read(WARNING, "is not 0 or 1", Object.class);
                case "segmentation" -> {
                    if (measuresMasks || shapes.type() == IouType.SEGM) {
                        segmentation = masks.read();
                        segmented = MaskExtent.isOne(segmentation);
                    } else {
                        segmented = skipSegmentation();
                    }
                }
                case "keypoints" -> {
                    if (shapes.type() == IouType.KEYPOINTS) {
                        keypoints = Keypoints.read(in);
                    } else {
                        in.skipValue();
                    }
                }
                case "num_keypoints" -> labelled.read(WARNING, "is not a number", Number.class);
                default -> in.skipValue();
            }
        }
        if (!annotations.accept(offset, id, imageId, categoryId)) {
            return;
        }
        Optional<MaskExtent> mask =
                measuresMasks && segmented ? MaskExtent.of(segmentation) : Optional.empty();
        segmented &= !measuresMasks || mask.isPresent();
        lacksMasks |= lenient && segmented && (box.isMissing() || isMissing(area));
        if (box.isMissing() && mask.isPresent()) {
            box.take(mask.get());
        } else if (box.box == null) {
            String fault = "has no bbox";
            if (segmented && !lenient) {
                fault += ", which pycocotools refuses; --lenient takes that of the mask";
            }
            box.refuse(fields.problem(ERROR, offset, fault));
        }
        int index = annotations.records.size();
        double areaValue = area(area, offset, box.box, mask, segmented);
        boolean areaRefused = Double.isNaN(areaValue) && !isNumber(area);
        int crowdByte = crowd(crowd, offset);
        boolean ignored = lenient ? crowdByte > 0 : crowd.isTrue();
        shapes.add(segmentation, keypoints);
        CocoProblem unlabelled = countLabels(labelled, keypoints, offset);
        if (unlabelled != null
                || box.refused
                || areaRefused
                || crowdByte < 0
                || ignored != crowdByte > 0) {
            flaws.put(
                    index,
                    new AnnotationFlaw(
                            box.refused ? box.problem : null,
                            areaRefused ? area.problem : null,
                            crowdByte < 0 ? crowd.problem : null,
                            unlabelled,
                            ignored));
        }
        annotations.report(box.problem, area.problem, crowd.problem);
        ignoreFlags.set(index, ignore.isTrue());
        annotations.add(
                new CocoAnnotation(
                        id.number,
                        imageId.number,
                        categoryId.number,
                        box.box,
                        areaRefused ? box.box.area() : areaValue,
                        crowdByte > 0),
                offset);
    }

    /** Notes whether {@code num_keypoints} is 0; returns what is wrong if it is not there. */
    private CocoProblem countLabels(Field labelled, Keypoints keypoints, long offset) {
        if (shapes.type() != IouType.KEYPOINTS) {
            return null;
        }
        if (labelled.value == null && !(lenient && keypoints != null)) {
            return fields.problem(ERROR, offset, "has no num_keypoints" + REFUSED);
        }
        boolean none =
                labelled.value == null
                        ? keypoints.labelled() == 0
                        : isNumber(labelled) && !labelled.isTrue();
        if (none) {
            shapes.setUnlabelled();
        }
        return null;
    }

    private boolean isMissing(Field field) {
        return field.value == null || lenient && field.value == Other.NULL;
    }

    private static boolean isNumber(Field field) {
        return field.value instanceof Number || field.value instanceof Boolean;
    }

    /** Returns the area that counts; NaN where pycocotools has none. */
    private double area(
            Field area, long offset, Box box, Optional<MaskExtent> mask, boolean segmented) {
        if (isNumber(area)) {
            double value = area.asDouble().orElseThrow();
            if (!segmented && value > 0 && value < 0.99 * box.area() - 1) {
                area.problem =
                        fields.problem(
                                WARNING,
                                offset,
                                "area "
                                        + value
                                        + " is less than the bbox's area, "
                                        + box.area()
                                        + ", though there is no segmentation");
            }
            return value;
        }
        if (isMissing(area) && lenient) {
            area.problem = null;
            Optional<Double> maskArea = mask.map(MaskExtent::area).filter(a -> a > 0);
            withoutArea.add(
                    offset,
                    maskArea.isPresent()
                            ? "has no area; the area of its mask is used"
                            : "has no area; the area of its bbox is used");
            return maskArea.orElse(box.area());
        }
        if (area.value == null || area.value == Other.NULL) {
            area.problem = fields.problem(ERROR, offset, "has no area" + REFUSED);
        }
        return Double.NaN;
    }

    /** Returns {@code iscrowd} as a byte, -1 where pycocotools has none. */
    private int crowd(Field crowd, long offset) {
        if (isMissing(crowd) && lenient) {
            crowd.problem = null;
            withoutCrowd.add(offset, "has no iscrowd; 0 is used");
            return 0;
        }
        // only overlaps of boxes and masks take it for a byte
        int value = shapes.type() == IouType.KEYPOINTS ? crowd.asTruth() : crowd.asByte();
        if (crowd.value == null || crowd.value == Other.NULL) {
            crowd.problem = fields.problem(ERROR, offset, "has no iscrowd" + REFUSED);
        } else if (crowd.value instanceof String && (value == 0 || value == 1)) {
            textCrowds.add(offset, "has a text for iscrowd");
            crowd.problem = lenient ? null : crowd.problem;
        } else if (lenient && crowd.value instanceof Boolean) {
            crowd.problem = null;
        } else if (crowd.problem == null && value != 0 && value != 1) {
            crowd.problem = fields.problem(ERROR, offset, "has an iscrowd other than 0 and 1");
        }
        return value;
    }

    /** Tells whether the segmentation is one, neither null nor empty. */
    private boolean skipSegmentation() throws CocoFormatException {
        if (in.peek() != '[') {
            return in.readValue() == Other.OBJECT;
        }
        boolean any = false;
        in.beginArray();
        while (in.nextElement()) {
            any = true;
            in.skipValue();
        }
        return any;
    }

    /** Whether the mask of an annotation is asked for that was passed over. */
    boolean lacksMasks() {
        return lacksMasks && !measuresMasks;
    }

    /** The masks or keypoints of the annotations that were read. */
    Shapes shapes() {
        return shapes;
    }

    Map<Integer, AnnotationFlaw> flaws() {
        return flaws;
    }

    BitSet ignoreFlags() {
        return ignoreFlags;
    }

    /** Adds what many annotations have in common. */
    void addShared(List<CocoProblem> problems) {
        withoutArea.addTo(problems);
        withoutCrowd.addTo(problems);
        textCrowds.addTo(problems);
    }

    /** What makes the annotations mean something else to pycocotools than to people. */
    List<String> notes() {
        List<String> notes = new ArrayList<>();
        if (!lenient && textCrowds.count > 0) {
            notes.add(
                    textCrowds.count
                            + " annotations have a text for iscrowd; pycocotools takes any text for"
                            + " true, even \"0\", and ignores them; give numbers, or use --lenient");
        }
        return notes;
    }
}
