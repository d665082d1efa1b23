package dev.fern.cocoeval;

import static dev.fern.cocoeval.CocoProblem.Severity.ERROR;

import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.json.CompressedInput;
import dev.fern.cocoeval.json.JsonTokenizer;
import dev.fern.cocoeval.json.JsonTokenizer.Other;
import java.io.IOException;
import java.nio.file.Path;

/** Reads a COCO results file in one pass, straight into columns. */
final class CocoResultsReader {
    private final String file;
    private final JsonTokenizer in;
    private final CocoResults.Builder results = CocoResults.builder();

    private final double[] box = new double[4];
    private CocoProblem boxRefusal;
    private CocoProblem boxFlaw;
    private CocoProblem idRefusal;

    private CocoResultsReader(String file, JsonTokenizer in) {
        this.file = file;
        this.in = in;
    }

    static CocoResults read(Path file) throws CocoFormatException {
        try (JsonTokenizer in = CompressedInput.tokenizer(file)) {
            return new CocoResultsReader(file.toString(), in).document();
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
        }
        in.endDocument();
        return results.build(file);
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
        CocoProblem scoreFlaw = null;
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
                case "bbox" -> {
                    hasBox = true;
                    box();
                }
                case "score" -> {
                    hasScore = true;
                    scoreFlaw = null;
                    boolean isNumber = in.isNumberNext();
                    long start = in.offset();
                    if (isNumber) {
                        score = in.readDouble();
                        if (Double.isInfinite(score) && in.wasInteger()) {
                            scoreFlaw = problem(start, "is an integer too large for a double");
                        }
                    } else if (in.readValue() instanceof Boolean truth) {
                        score = truth ? 1 : 0;
                    } else {
                        scoreFlaw = problem(start, "is not a number");
                    }
                }
                case "caption" -> {
                    hasCaption = true;
                    in.skipValue();
                }
                default -> in.skipValue();
            }
        }
        require(hasImageId, "image_id", imageIdRefusal, offset);
        require(hasCategoryId, "category_id", categoryIdRefusal, offset);
        require(hasBox, "bbox", boxRefusal, offset);
        if (hasCaption && results.size() == 0) {
            throw refusal("has a caption, so this is not a file of boxes");
        }
        results.add(imageId, categoryId, box[0], box[1], box[2], box[3], score);
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

    /** Reads a box of at least four numbers, which pycocotools computes with on loading. */
    private void box() throws CocoFormatException {
        boxRefusal = null;
        boxFlaw = null;
        int c = in.peek();
        long start = in.offset();
        if (c != '[') {
            in.skipValue();
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
    }

    private CocoFormatException refusal(String problem) {
        return new CocoFormatException(file, in.path(), in.offset(), problem);
    }

    private CocoProblem problem(long offset, String message) {
        return new CocoProblem(ERROR, in.path(), offset, message);
    }
}
