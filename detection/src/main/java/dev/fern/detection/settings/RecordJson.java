package dev.fern.detection.settings;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Makes records of JSON, more strictly than Gson: every component must be there and of its own kind
 * of JSON, so that a damaged file is never filled up with zeros. Components may be records, lists,
 * enums, strings, booleans, int, long and double (finite); those of an {@link Unwrapped} record
 * stand beside it. Names that no component has are left aside.
 */
public final class RecordJson {

    private static final Gson GSON = new Gson();

    private RecordJson() {}

    /**
     * Reads a record.
     *
     * @throws IllegalArgumentException if something is missing, of another kind or refused by a
     *     record's constructor; one line that says where
     */
    public static <T extends Record> T read(JsonElement json, Class<T> type) {
        return type.cast(value(json, type, ""));
    }

    /** Returns what {@link #read} makes the record of. Only its own components are unwrapped. */
    public static JsonObject write(Record record) {
        JsonObject nested = GSON.toJsonTree(record).getAsJsonObject();
        JsonObject json = new JsonObject();
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            JsonElement value = nested.get(component.getName());
            if (component.isAnnotationPresent(Unwrapped.class)) {
                value.getAsJsonObject().asMap().forEach(json::add);
            } else {
                json.add(component.getName(), value);
            }
        }
        return json;
    }

    /**
     * Reads one value.
     *
     * @param type of a record's component
     * @param path says where in the document the value stands
     * @throws IllegalArgumentException as {@link #read}
     */
    public static Object value(JsonElement json, Type type, String path) {
        if (json == null || json.isJsonNull()) {
            throw new IllegalArgumentException(path + " is missing");
        }
        if (type instanceof ParameterizedType list) {
            return list(json, list.getActualTypeArguments()[0], path);
        }
        Class<?> kind = (Class<?>) type;
        if (kind.isRecord()) {
            return record(json, kind, path);
        }
        if (json instanceof JsonPrimitive primitive) {
            try {
                Object value = primitive(primitive, kind);
                if (value != null) {
                    return value;
                }
            } catch (NumberFormatException | ArithmeticException e) {
                throw wrong(path, kind, json);
            }
        }
        throw wrong(path, kind, json);
    }

    private static Object record(JsonElement json, Class<?> type, String path) {
        if (!json.isJsonObject()) {
            throw new IllegalArgumentException(
                    (path.isEmpty() ? "the document" : path) + " is not a JSON object");
        }
        RecordComponent[] components = type.getRecordComponents();
        Object[] values = new Object[components.length];
        for (int i = 0; i < values.length; i++) {
            String name = components[i].getName();
            values[i] =
                    components[i].isAnnotationPresent(Unwrapped.class)
                            ? record(json, components[i].getType(), path)
                            : value(
                                    json.getAsJsonObject().get(name),
                                    components[i].getGenericType(),
                                    path.isEmpty() ? name : path + "." + name);
        }
        Class<?>[] types =
                Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true); // records of other packages need not be public
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw new IllegalArgumentException(e.getCause().getMessage(), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Object> list(JsonElement json, Type type, String path) {
        if (!json.isJsonArray()) {
            throw new IllegalArgumentException(path + " is not a list");
        }
        JsonArray array = json.getAsJsonArray();
        List<Object> values = new ArrayList<>(array.size());
        for (int i = 0; i < array.size(); i++) {
            values.add(value(array.get(i), type, path + "[" + i + "]"));
        }
        return List.copyOf(values);
    }

    /** Returns the value, or null if it is of another kind. */
    private static Object primitive(JsonPrimitive json, Class<?> kind) {
        if (json.isBoolean()) {
            return kind == boolean.class ? json.getAsBoolean() : null;
        }
        if (json.isString()) {
            if (kind == String.class) {
                return json.getAsString();
            }
            return kind.isEnum() ? constant(json.getAsString(), kind) : null;
        }
        if (kind == int.class || kind == Integer.class) {
            return json.getAsBigDecimal().intValueExact();
        }
        if (kind == long.class || kind == Long.class) {
            return json.getAsBigDecimal().longValueExact();
        }
        if (kind == double.class || kind == Double.class) {
            double value = json.getAsDouble();
            return Double.isFinite(value) ? value : null;
        }
        return null;
    }

    private static Object constant(String name, Class<?> kind) {
        for (Object constant : kind.getEnumConstants()) {
            if (((Enum<?>) constant).name().equals(name)) {
                return constant;
            }
        }
        return null;
    }

    private static IllegalArgumentException wrong(String path, Class<?> kind, JsonElement json) {
        String wanted;
        if (kind.isEnum()) {
            wanted = "one of " + List.of(kind.getEnumConstants());
        } else if (kind == String.class) {
            wanted = "a string";
        } else if (kind == boolean.class) {
            wanted = "true or false";
        } else if (kind == double.class || kind == Double.class) {
            wanted = "a finite number";
        } else {
            wanted = "a whole number of " + (kind == long.class ? 64 : 32) + " bits";
        }
        return new IllegalArgumentException(path + " must be " + wanted + ", not " + excerpt(json));
    }

    private static String excerpt(JsonElement json) {
        String text = json.toString();
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }
}
