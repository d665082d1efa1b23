package dev.fern.cocoeval;

import dev.fern.cocoeval.EvaluationParameters.AreaRange;
import dev.fern.cocoeval.id.IdTable;
import dev.fern.cocoeval.json.CocoFormatException;
import dev.fern.cocoeval.json.CompressedInput;
import dev.fern.cocoeval.json.JsonTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads {@link EvaluationParameters} from a JSON object with pycocotools' names. */
final class ParametersReader {
    private interface Element<T> {
        T read() throws CocoFormatException;
    }

    private final JsonTokenizer in;
    private final IouType type;
    private final IdTable ids;

    private ParametersReader(JsonTokenizer in, IouType type, IdTable ids) {
        this.in = in;
        this.type = type;
        this.ids = ids;
    }

    static EvaluationParameters read(Path file, IouType type, IdTable ids)
            throws CocoFormatException {
        try (JsonTokenizer in = CompressedInput.tokenizer(file)) {
            return new ParametersReader(in, type, ids).document();
        } catch (CocoFormatException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new CocoFormatException(file.toString(), "", -1, e.getMessage(), e);
        } catch (IOException e) {
            throw new CocoFormatException(file.toString(), "", -1, "can't be closed", e);
        }
    }

    private EvaluationParameters document() throws CocoFormatException {
        EvaluationParameters.Builder parameters = EvaluationParameters.builder(type);
        in.beginObject();
        for (String name = in.nextName(); name != null; name = in.nextName()) {
            switch (name) {
                case "imgIds" -> parameters.imgIds(list(this::id));
                case "catIds" -> parameters.catIds(list(this::id));
                case "iouThrs" -> parameters.iouThrs(list(this::number));
                case "recThrs" -> parameters.recThrs(list(this::number));
                case "maxDets" -> parameters.maxDets(list(this::count));
                case "areaRng" -> parameters.areaRng(list(this::range));
                case "areaRngLbl" -> parameters.areaRngLbl(list(this::text));
                case "useCats" -> parameters.useCats(truth());
                case "kpt_oks_sigmas" -> parameters.sigmas(list(this::number));
                case "corrected" -> parameters.corrected(truth());
                default -> throw in.fault("is not a parameter of the evaluation");
            }
        }
        in.endDocument();
        return parameters.build();
    }

    private <T> List<T> list(Element<T> element) throws CocoFormatException {
        List<T> list = new ArrayList<>();
        in.beginArray();
        while (in.nextElement()) {
            list.add(element.read());
        }
        return list;
    }

    private long id() throws CocoFormatException {
        in.peek();
        long id = ids.find(IdTable.canonical(in.readValue()));
        if (id == IdTable.NONE) {
            throw in.fault("is neither an integer nor an id of the data set");
        }
        return id;
    }

    private int count() throws CocoFormatException {
        if (in.readValue() instanceof Long limit && limit.intValue() == limit) {
            return limit.intValue();
        }
        throw in.fault("is not a number of detections");
    }

    private double number() throws CocoFormatException {
        if (!in.isNumberNext()) {
            throw in.fault("is not a number");
        }
        return in.readDouble();
    }

    private AreaRange range() throws CocoFormatException {
        List<Double> ends = list(this::number);
        if (ends.size() != 2) {
            throw in.fault("is not a range of two numbers");
        }
        return new AreaRange(ends.get(0), ends.get(1));
    }

    private String text() throws CocoFormatException {
        if (in.readValue() instanceof String text) {
            return text;
        }
        throw in.fault("is not a string");
    }

    private boolean truth() throws CocoFormatException {
        Object value = in.readValue();
        if (value instanceof Boolean truth) {
            return truth;
        }
        if (Long.valueOf(0).equals(value) || Long.valueOf(1).equals(value)) {
            return value.equals(1L);
        }
        throw in.fault("is neither 0 nor 1");
    }
}
