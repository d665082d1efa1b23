package dev.fern.cocoeval;

import static dev.fern.cocoeval.CocoProblem.Severity.ERROR;
import static dev.fern.cocoeval.CocoProblem.Severity.WARNING;

import dev.fern.cocoeval.id.IdTable;
import dev.fern.cocoeval.json.ArrayTail;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.json.CompressedInput;
import dev.fern.cocoeval.json.JsonTokenizer;
import dev.fern.cocoeval.json.JsonTokenizer.Other;
import dev.fern.cocoeval.keypoint.Keypoints;
import dev.fern.cocoeval.mask.Segmentation;
import dev.fern.cocoeval.mask.Segmentation.CompressedRuns;
import dev.fern.cocoeval.mask.Segmentation.Refused;
import dev.fern.cocoeval.mask.SegmentationReader;
import dev.fern.cocoeval.variant.MaskExtent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Reads a COCO results file in one pass, straight into columns. Long because the rules for the
 * members of a record depend on each other.
 */
final class CocoResultsReader {
    /** What boxes and areas of detections come from. The first detection decides for all. */
    private enum Kind {
        BOXES,
        MASKS,
        KEYPOINTS
    }

    private final String file;
    private final JsonTokenizer in;
    private final IouType type;
    private final DetectionColumns results;
    private final IdTable ids;

    /** The masks that are to be measured, where they are not kept. */
    private final Shapes measured = new Shapes(IouType.SEGM);

    private final SegmentationReader masks;

    /** Finds what a detection belongs to; null to take ids as they are. */
    private final DetectedImages images;

    private final double[] box = new double[4];
    private boolean hasBox;
    private boolean boxOfMask;
    private CocoProblem boxRefusal;
    private CocoProblem boxFlaw;
    private CocoProblem idRefusal;
    private CocoProblem scoreFlaw;

    /** Null until the first detection is read. */
    private Kind kind;

    private CocoResultsReader(
            String file, JsonTokenizer in, IouType type, DetectedImages images, long bytes) {
        this.file = file;
        this.in = in;
        this.type = type;
        this.images = images;
        masks = new SegmentationReader(in, images != null);
        ids = images == null ? new IdTable() : images.ids();
        results = new DetectionColumns(type, type == IouType.BOX ? bytes : 0);
    }

    /** Reads a file as pycocotools does. */
    static CocoResults read(Path file, IouType type) throws CocoFormatException {
        return read(file, type, null);
    }

    static CocoResults readLeniently(Path file, CocoDataset dataset) throws CocoFormatException {
        return read(file, dataset.iouType(), new DetectedImages(dataset));
    }

    private static CocoResults read(Path file, IouType type, DetectedImages images)
            throws CocoFormatException {
        try (JsonTokenizer in = CompressedInput.tokenizer(file)) {
            CocoResultsReader reader =
                    new CocoResultsReader(file.toString(), in, type, images, Files.size(file));
            if (images != null) {
                return reader.document(Optional.empty());
            }
            try (ResultsTail tail = ResultsTail.start(file, type)) {
                return reader.document(Optional.of(tail));
            }
        } catch (CocoFormatException e) {
            throw e;
        } catch (IOException e) {
            throw new CocoFormatException(file.toString(), "", -1, "can't be closed", e);
        }
    }

    /**
     * Reads detections from the middle of an array to the document's end.
     *
     * @param isWanted is asked before each detection whether to go on
     * @return the reader, which has read them
     */
    static CocoResultsReader readTail(
            String file, ArrayTail tail, IouType type, BooleanSupplier isWanted)
            throws CocoFormatException {
        JsonTokenizer in = tail.in();
        CocoResultsReader reader = new CocoResultsReader(file, in, type, null, tail.offset());
        do {
            reader.element();
        } while (isWanted.getAsBoolean() && in.nextElement());
        in.endDocument();
        return reader;
    }

    /**
     * Takes over what another reader has read of the rest of the document, if it has read it as
     * this one would have.
     */
    private boolean takeOver(CocoResultsReader rest) {
        boolean fits =
                rest.kind == kind
                        && (kind == Kind.BOXES || type == IouType.SEGM)
                        && rest.results.isPlain()
                        && rest.ids.isEmpty();
        if (fits) {
            results.addAll(rest.results);
        }
        return fits;
    }

    private void element() throws CocoFormatException {
        if (in.peek() != '{') {
            throw refusal("is not an object");
        }
        detection();
    }

    private CocoResults document(Optional<ResultsTail> tail) throws CocoFormatException {
        if (in.peek() != '[') {
            in.skipValue();
            in.endDocument();
            throw new CocoFormatException(file, "", 0, "is not an array of detections");
        }
        in.beginArray();
        boolean isWhole = false;
        while (!isWhole && in.nextElement()) {
            in.peek();
            if (tail.isPresent() && tail.get().beginsAt(in.offset())) {
                isWhole = tail.get().read().filter(this::takeOver).isPresent();
            }
            if (!isWhole) {
                element();
            }
        }
        if (!isWhole) {
            in.endDocument();
        }
        List<String> notes = images == null ? List.of() : images.notes();
        if (results.size() == 0 && !notes.isEmpty()) {
            throw new CocoFormatException(file, "", 0, notes.get(0));
        }
        if (kind == Kind.MASKS && images == null) {
            results.measure(
                    type == IouType.SEGM ? results.shapes() : measured,
                    (i, problem) ->
                            new CocoFormatException(file, "[" + i + "].segmentation", -1, problem));
        }
        return new CocoResults(results, ids, file, notes);
    }

    private void detection() throws CocoFormatException {
        long offset = in.offset();
        long imageId = IdTable.NONE;
        long categoryId = IdTable.NONE;
        boolean hasImageId = false;
        boolean hasCategoryId = false;
        CocoProblem imageIdRefusal = null;
        CocoProblem categoryIdRefusal = null;
        boolean hasCaption = false;
        double score = Double.NaN;
        boolean hasScore = false;
        Segmentation mask = null;
        Keypoints keypoints = null;
        String fileName = null;
        hasBox = false;
        boxOfMask = false;
        boxRefusal = null;
        boxFlaw = null;
        scoreFlaw = null;
        in.beginObject();
        for (String name = in.nextName(); name != null; name = in.nextName()) {
            switch (name) {
                case "image_id" -> {
                    hasImageId = true;
                    imageId = id();
                    imageIdRefusal = idRefusal;
                }
                case "category_id" -> {
                    hasCategoryId = true;
                    categoryId = id();
                    categoryIdRefusal = idRefusal;
                }
                case "bbox" -> box();
                case "score" -> {
                    hasScore = true;
                    score = score();
                }
                case "segmentation" -> {
                    if (mayCount()) {
                        mask = masks.read();
                    } else {
                        in.skipValue();
                    }
                }
                case "keypoints" -> {
                    if (type == IouType.KEYPOINTS || kind == null || kind == Kind.KEYPOINTS) {
                        keypoints = Keypoints.read(in);
                    } else {
                        in.skipValue();
                    }
                }
                case "file_name" -> fileName = in.readValue() instanceof String text ? text : null;
                case "caption" -> {
                    hasCaption = true;
                    in.skipValue();
                }
                default -> in.skipValue();
            }
        }
        boolean named = !hasImageId && fileName != null;
        if (named && images == null) {
            throw problem(offset, "has no image_id; --lenient goes by its file_name").in(file);
        }
        require(hasImageId || named, "image_id", named ? null : imageIdRefusal, offset);
        require(hasCategoryId, "category_id", categoryIdRefusal, offset);
        if (hasCaption && kind == null) {
            throw refusal("has a caption, so this is not a file of detections");
        }
        if (kind == null) {
            kind = kind(mask, keypoints);
            if (kind != Kind.BOXES && images == null) {
                results.hasNoBoxes();
            }
        }
        requireKind(mask, keypoints, offset);
        Optional<MaskExtent> extent =
                images != null && !hasBox && mask != null ? MaskExtent.of(mask) : Optional.empty();
        boolean needsBox =
                images == null ? kind == Kind.BOXES : kind != Kind.KEYPOINTS && extent.isEmpty();
        if (needsBox) {
            require(hasBox, "bbox", boxRefusal, offset);
        }
        if (images != null) {
            imageId = images.image(hasImageId ? imageId : IdTable.NONE, fileName);
            categoryId = images.category(categoryId);
            if (imageId == IdTable.NONE) {
                return;
            }
        }
        extent.ifPresent(found -> setBox(found.x(), found.y(), found.width(), found.height()));
        results.add(imageId, categoryId, box, score, mask, keypoints);
        if (boxOfMask) {
            results.boxIsOfMask();
        }
        if (kind == Kind.MASKS && images == null && type != IouType.SEGM) {
            measured.add(mask, null);
        } else if (kind == Kind.MASKS && extent.isPresent()) {
            results.area(extent.get().area());
        }
        if (!hasScore) {
            scoreFlaw = problem(offset, "has no score");
        }
        if (scoreFlaw != null) {
            results.flawedScore(scoreFlaw);
        }
        if (boxFlaw != null) {
            results.flawedBox(boxFlaw);
        }
    }

    /** Whether a mask may have to be read: one to compare, or one where there is no box so far. */
    private boolean mayCount() {
        return type == IouType.SEGM
                || (kind == null ? !hasBox : kind == Kind.MASKS || images != null && !hasBox);
    }

    private Kind kind(Segmentation mask, Keypoints keypoints) {
        boolean maskCounts = images == null ? mask != null : MaskExtent.isOne(mask);
        if (hasBox) {
            return Kind.BOXES;
        }
        return maskCounts ? Kind.MASKS : keypoints != null ? Kind.KEYPOINTS : Kind.BOXES;
    }

    /** Refuses what pycocotools can't load, and takes boxes from keypoints. */
    private void requireKind(Segmentation mask, Keypoints keypoints, long offset)
            throws CocoFormatException {
        if (kind == Kind.KEYPOINTS) {
            if (keypoints == null) {
                throw problem(offset, "has no keypoints, as the first detection has").in(file);
            }
            if (keypoints.placeProblem().isPresent()) {
                throw keypoints.placeProblem().get().in(file);
            }
            try {
                setBox(keypoints.box());
            } catch (IllegalArgumentException e) {
                throw problem(offset, e.getMessage()).in(file);
            }
        }
        if (kind != Kind.MASKS || images != null) {
            return;
        }
        if (mask instanceof Refused refused && refused.whenCompared()) {
            throw refused.why().in(file);
        }
        if (!(mask instanceof CompressedRuns)) {
            throw problem(
                            offset,
                            "has no compressed mask, which pycocotools needs here; --lenient takes"
                                    + " others")
                    .in(file);
        }
        boxOfMask = !hasBox && boxRefusal == null;
        if (boxOfMask) {
            // filled in when all masks are measured
            setBox(0, 0, 0, 0);
        } else {
            boxFlaw = boxFlaw == null ? boxRefusal : boxFlaw;
        }
    }

    private void setBox(double... xywh) {
        System.arraycopy(xywh, 0, box, 0, box.length);
        hasBox = true;
        boxRefusal = null;
        boxFlaw = null;
    }

    private void require(boolean present, String name, CocoProblem refusal, long offset)
            throws CocoFormatException {
        if (!present || refusal != null) {
            throw (present ? refusal : problem(offset, "has no " + name)).in(file);
        }
    }

    private long id() throws CocoFormatException {
        idRefusal = null;
        long usual = in.readShortInteger(IdTable.NONE);
        if (usual != IdTable.NONE) {
            return usual;
        }
        in.peek();
        long start = in.offset();
        Object value = in.readValue();
        boolean container = value == Other.ARRAY || value == Other.OBJECT;
        idRefusal = container ? problem(start, "is not an id") : null;
        return container ? IdTable.NONE : ids.idOf(value);
    }

    private double score() throws CocoFormatException {
        scoreFlaw = null;
        boolean isNumber = in.isNumberNext();
        long start = in.offset();
        if (isNumber) {
            double score = in.readDouble();
            if (Double.isInfinite(score) && in.wasInteger()) {
                scoreFlaw = problem(start, "is an integer too large for a double");
            }
            return score;
        }
        if (in.readValue() instanceof Boolean truth) {
            scoreFlaw =
                    new CocoProblem(
                            WARNING,
                            in.path(),
                            start,
                            "is true or false, as are all of its category, and numpy can't negate"
                                    + " those");
            return truth ? 1 : 0;
        }
        scoreFlaw = problem(start, "is not a number");
        return Double.NaN;
    }

    /**
     * Reads a box of at least four numbers, which pycocotools computes with on loading.
     *
     * <p>An empty array counts as none, but only on the first detection unless the reader is
     * lenient, which passes over null too.
     */
    private void box() throws CocoFormatException {
        boxRefusal = null;
        boxFlaw = null;
        int c = in.peek();
        long start = in.offset();
        if (c != '[') {
            hasBox = in.readValue() != Other.NULL || images == null;
            boxRefusal = problem(start, "is not an array of four numbers");
            return;
        }
        int count = 0;
        in.beginArray();
        for (; in.nextElement(); count++) {
            boolean isNumber = in.isNumberNext();
            long at = in.offset();
            if (count >= 4) {
                in.skipValue();
            } else if (isNumber) {
                box[count] = in.readDouble();
                if (Double.isInfinite(box[count]) && in.wasInteger()) {
                    boxRefusal = problem(at, "is an integer too large for a double");
                }
            } else if (in.readValue() instanceof Boolean truth) {
                box[count] = truth ? 1 : 0;
            } else {
                boxRefusal = problem(at, "is not a number");
            }
        }
        if (count != 4) {
            CocoProblem wrongCount = problem(start, "has " + count + " numbers instead of four");
            if (count < 4) {
                boxRefusal = wrongCount;
            } else {
                boxFlaw = wrongCount;
            }
        }
        hasBox = count > 0 || images == null && kind != null;
    }

    private CocoFormatException refusal(String problem) {
        return new CocoFormatException(file, in.path(), in.offset(), problem);
    }

    private CocoProblem problem(long offset, String message) {
        return new CocoProblem(ERROR, in.path(), offset, message);
    }
}
