package dev.fern.cocoeval;

import static dev.fern.cocoeval.CocoProblem.Severity.ERROR;

import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.json.CompressedInput;
import dev.fern.cocoeval.json.JsonTokenizer;
import dev.fern.cocoeval.json.JsonTokenizer.Other;
import dev.fern.cocoeval.variant.Segmentation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Reads a COCO results file in one pass, straight into columns. */
final class CocoResultsReader {
    private final String file;
    private final JsonTokenizer in;
    private final CocoResults.Builder results;

    /** Finds what a detection belongs to; null to take ids as they are. */
    private final DetectedImages images;

    private final double[] box = new double[4];
    private CocoProblem boxRefusal;
    private CocoProblem boxFlaw;
    private CocoProblem idRefusal;
    private CocoProblem scoreFlaw;

    /** Whether the first detection has a mask and no box, which makes masks what all are about. */
    private boolean ofMasks;

    private boolean isFirst = true;

    private CocoResultsReader(String file, JsonTokenizer in, DetectedImages images) {
        this.file = file;
        this.in = in;
        this.images = images;
        results = CocoResults.Builder.with(images == null ? new IdTable() : images.ids());
    }

    /** Reads a file as pycocotools does. */
    static CocoResults read(Path file) throws CocoFormatException {
        return read(file, null);
    }

    static CocoResults readLeniently(Path file, CocoDataset dataset) throws CocoFormatException {
        return read(file, new DetectedImages(dataset));
    }

    private static CocoResults read(Path file, DetectedImages images) throws CocoFormatException {
        try (JsonTokenizer in = CompressedInput.tokenizer(file)) {
            return new CocoResultsReader(file.toString(), in, images).document();
        } catch (CocoFormatException e) {
            throw e;
        } catch (IOException e) {
            throw new CocoFormatException(file.toString(), "", -1, "can't be closed", e);
        }
    }

    private CocoResults document() throws CocoFormatException {
        if (in.peek() != '[') {
            in.skipValue();
            in.endDocument();
            throw new CocoFormatException(file, "", 0, "is not an array of detections");
        }
        in.beginArray();
        while (in.nextElement()) {
            if (in.peek() != '{') {
                throw refusal("is not an object");
            }
            detection();
            isFirst = false;
        }
        in.endDocument();
        List<String> notes = images == null ? List.of() : images.notes();
        if (results.size() == 0 && !notes.isEmpty()) {
            throw new CocoFormatException(file, "", 0, notes.get(0));
        }
        return results.build(file, notes);
    }

    private void detection() throws CocoFormatException {
        long offset = in.offset();
        long imageId = IdTable.NONE;
        long categoryId = IdTable.NONE;
        boolean hasImageId = false;
        boolean hasCategoryId = false;
        CocoProblem imageIdRefusal = null;
        CocoProblem categoryIdRefusal = null;
        boolean hasBox = false;
        boolean hasCaption = false;
        double score = Double.NaN;
        boolean hasScore = false;
        Optional<Segmentation> mask = Optional.empty();
        String fileName = null;
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
                case "bbox" -> hasBox = box();
                case "score" -> {
                    hasScore = true;
                    score = score();
                }
                case "segmentation" -> {
                    if (mayCount(hasBox)) {
                        mask = Segmentation.read(in);
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
        if (isFirst) {
            ofMasks = !hasBox && mask.isPresent();
        }
        boolean boxOfMask = !hasBox && mask.isPresent() && (ofMasks || images != null);
        if (!boxOfMask) {
            require(hasBox, "bbox", boxRefusal, offset);
        }
        requireMask(mask, offset);
        if (hasCaption && results.size() == 0) {
            throw refusal("has a caption, so this is not a file of boxes");
        }
        if (images != null) {
            imageId = images.image(hasImageId ? imageId : IdTable.NONE, fileName);
            categoryId = images.category(categoryId);
            if (imageId == IdTable.NONE) {
                return;
            }
        }
        if (boxOfMask) {
            Segmentation shape = mask.get();
            results.add(
                    imageId,
                    categoryId,
                    shape.x(),
                    shape.y(),
                    shape.width(),
                    shape.height(),
                    score);
        } else {
            results.add(imageId, categoryId, box[0], box[1], box[2], box[3], score);
        }
        if (ofMasks && mask.isPresent()) {
            results.area(mask.get().area());
        }
        if (!hasScore) {
            scoreFlaw = problem(offset, "has no score");
        }
        if (scoreFlaw != null) {
            results.flawedScore(scoreFlaw);
        }
        if (boxFlaw != null && !boxOfMask) {
            results.flawedBox(boxFlaw);
        }
    }

    /** Whether a mask may have to be read: in files of masks, or where there is no box so far. */
    private boolean mayCount(boolean hasBox) {
        return isFirst ? !hasBox : ofMasks || images != null && !hasBox;
    }

    /** pycocotools takes nothing but compressed masks, in every detection once in the first. */
    private void requireMask(Optional<Segmentation> mask, long offset) throws CocoFormatException {
        if (ofMasks && images == null && !mask.map(Segmentation::compressed).orElse(false)) {
            throw problem(
                            offset,
                            "has no compressed mask, which pycocotools needs here; --lenient takes"
                                    + " others")
                    .in(file);
        }
    }

    private void require(boolean present, String name, CocoProblem refusal, long offset)
            throws CocoFormatException {
        if (!present || refusal != null) {
            throw (present ? refusal : problem(offset, "has no " + name)).in(file);
        }
    }

    private long id() throws CocoFormatException {
        in.peek();
        long start = in.offset();
        Object value = in.readValue();
        boolean container = value == Other.ARRAY || value == Other.OBJECT;
        idRefusal = container ? problem(start, "is not an id") : null;
        return container ? IdTable.NONE : results.ids().idOf(value);
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
            return truth ? 1 : 0;
        }
        scoreFlaw = problem(start, "is not a number");
        return Double.NaN;
    }

    /**
     * Reads a box of at least four numbers, which pycocotools computes with on loading.
     *
     * @return whether it counts as one: null and an empty array do not
     */
    private boolean box() throws CocoFormatException {
        boxRefusal = null;
        boxFlaw = null;
        int c = in.peek();
        long start = in.offset();
        if (c != '[') {
            boolean absent = in.readValue() == Other.NULL && images != null;
            boxRefusal = problem(start, "is not an array of four numbers");
            return !absent;
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
        return count > 0 || images == null;
    }

    private CocoFormatException refusal(String problem) {
        return new CocoFormatException(file, in.path(), in.offset(), problem);
    }

    private CocoProblem problem(long offset, String message) {
        return new CocoProblem(ERROR, in.path(), offset, message);
    }
}
