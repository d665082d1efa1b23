package dev.fern.detection.settings;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Makes records from JSON and JSON from records. It is stricter than Gson: every component must be
 * there and of its own kind of JSON, so that a damaged file is never filled up with zeros. Names
 * that no component has are ignored.
 *
 * <p>Components may be
 *
 * <ul>
 *   <li>strings, booleans, int, long, float and double (finite),
 *   <li>records, lists, and enums by the names of their constants,
 *   <li>values that go by a name, of a type {@code T} with {@code static T parse(String)}, which
 *       throws an IllegalArgumentException that says which names there are, and {@code String
 *       id()},
 *   <li>an {@link Optional} of such a value, which is {@value #NONE} where it is empty.
 * </ul>
 *
 * The components of an {@link Unwrapped} record stand beside it in the JSON object. A component
 * whose type is an interface has an annotation that lists the records which it may be, see {@link
 * OneOf}; its JSON names the record under {@value #KIND}.
 */
public final class RecordJson {

    /** The string that stands in JSON for an empty optional value. */
    public static final String NONE = "none";

    /** The name under which an object says which record of several it holds, see {@link OneOf}. */
    public static final String KIND = "kind";

    private RecordJson() {}

    /**
     * Reads a record.
     *
     * @param <T> the record
     * @param json the object that holds its components; null counts as missing
     * @param type the record's class
     * @return the record, made by its canonical constructor
     * @throws IllegalArgumentException if a component is missing, of another kind or refused by a
     *     record's constructor; its message is one line that says where
     */
    public static <T extends Record> T read(JsonElement json, Class<T> type) {
        return type.cast(value(json, type, ""));
    }

    /**
     * {@return a JSON object from which {@link #read} makes an equal record}
     *
     * @param record of components that the class allows
     */
    public static JsonObject write(Record record) {
        JsonObject json = new JsonObject();
        add(record, json);
        return json;
    }

    private static void add(Record record, JsonObject json) {
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            Object value = call(component.getAccessor(), record);
            if (component.isAnnotationPresent(Unwrapped.class)) {
                addKind(component, value, json);
                add((Record) value, json);
            } else {
                JsonElement own = json(value, component.getGenericType());
                addKind(component, value, own);
                json.add(component.getName(), own);
            }
        }
    }

    private static JsonElement json(Object value, Type type) {
        if (type instanceof ParameterizedType generic) {
            Type argument = generic.getActualTypeArguments()[0];
            if (value instanceof Optional<?> optional) {
                return optional.isEmpty()
                        ? new JsonPrimitive(NONE)
                        : json(optional.get(), argument);
            }
            JsonArray array = new JsonArray();
            ((List<?>) value).forEach(element -> array.add(json(element, argument)));
            return array;
        }
        Optional<Method> parser = parser((Class<?>) type);
        if (parser.isPresent()) {
            String id = id(value);
            if (!call(parser.get(), null, id).equals(value)) {
                throw new IllegalArgumentException("no name stands for " + value);
            }
            return new JsonPrimitive(id);
        }
        if (value instanceof Record record) {
            return write(record);
        }
        if (value instanceof Number number) {
            if (!Double.isFinite(number.doubleValue())) {
                throw new IllegalArgumentException("JSON has no number " + number);
            }
            return new JsonPrimitive(number);
        }
        return value instanceof Boolean truth
                ? new JsonPrimitive(truth)
                : new JsonPrimitive(value.toString());
    }

    private static Optional<Method> parser(Class<?> type) {
        return Stream.of(type.getMethods())
                .filter(m -> Modifier.isStatic(m.getModifiers()) && m.getName().equals("parse"))
                .filter(m -> m.getReturnType() == type)
                .filter(m -> List.of(m.getParameterTypes()).equals(List.of(String.class)))
                .findFirst();
    }

    private static String id(Object value) {
        try {
            return (String) call(value.getClass().getMethod("id"), value);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object call(Method method, Object target, Object... arguments) {
        try {
            method.setAccessible(true); // records of other packages need not be public
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException refusal) {
                throw refusal;
            }
            throw new IllegalStateException(e.getCause());
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Reads one value.
     *
     * @param json the value; null counts as missing
     * @param type that of a record's component
     * @param path says in messages where in the document the value stands, as in {@code
     *     anchors.sizes[2]}
     * @return the value, never null
     * @throws IllegalArgumentException as {@link #read}
     */
    public static Object value(JsonElement json, Type type, String path) {
        if (json == null || json.isJsonNull()) {
            throw new IllegalArgumentException(path + " is missing");
        }
        if (type instanceof ParameterizedType generic) {
            Type argument = generic.getActualTypeArguments()[0];
            return generic.getRawType() == Optional.class
                    ? optional(json, argument, path)
                    : list(json, argument, path);
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

    private static Optional<Object> optional(JsonElement json, Type type, String path) {
        return new JsonPrimitive(NONE).equals(json)
                ? Optional.empty()
                : Optional.of(value(json, type, path));
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
            boolean unwrapped = components[i].isAnnotationPresent(Unwrapped.class);
            JsonElement own = unwrapped ? json : json.getAsJsonObject().get(name);
            String place = unwrapped ? path : path.isEmpty() ? name : path + "." + name;
            values[i] = value(own, type(components[i], own, place), place);
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

    private static List<OneOf.Kind> kinds(RecordComponent component) {
        return Stream.of(component.getAnnotations())
                .map(annotation -> annotation.annotationType().getAnnotation(OneOf.class))
                .filter(Objects::nonNull)
                .findFirst()
                .map(kinds -> List.of(kinds.value()))
                .orElse(List.of());
    }

    private static void addKind(RecordComponent component, Object value, JsonElement json) {
        kinds(component).stream()
                .filter(kind -> kind.type() == value.getClass() && !kind.name().isEmpty())
                .forEach(kind -> json.getAsJsonObject().addProperty(KIND, kind.name()));
    }

    /** Returns what a component is to be read as. */
    private static Type type(RecordComponent component, JsonElement json, String path) {
        List<OneOf.Kind> kinds = kinds(component);
        if (kinds.isEmpty()) {
            return component.getGenericType();
        }
        JsonElement name = json instanceof JsonObject object ? object.get(KIND) : null;
        String wanted = name == null ? "" : (String) value(name, String.class, path + "." + KIND);
        return kinds.stream()
                .filter(kind -> kind.name().equals(wanted))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        path + "." + KIND + " is unknown: " + excerpt(name)))
                .type();
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

    /** {@return the value, or null if it is of another kind} */
    private static Object primitive(JsonPrimitive json, Class<?> kind) {
        if (json.isBoolean()) {
            return kind == boolean.class ? json.getAsBoolean() : null;
        }
        if (json.isString()) {
            return kind == String.class ? json.getAsString() : named(json.getAsString(), kind);
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
        if (kind == float.class) {
            float value = json.getAsFloat();
            return Float.isFinite(value) ? value : null;
        }
        return null;
    }

    private static Object named(String name, Class<?> kind) {
        Optional<Method> parser = parser(kind);
        if (parser.isPresent()) {
            return call(parser.get(), null, name);
        }
        if (kind.isEnum()) {
            for (Object constant : kind.getEnumConstants()) {
                if (((Enum<?>) constant).name().equals(name)) {
                    return constant;
                }
            }
        }
        return null;
    }

    private static IllegalArgumentException wrong(String path, Class<?> kind, JsonElement json) {
        String wanted;
        if (kind.isEnum() && parser(kind).isEmpty()) {
            wanted = "one of " + List.of(kind.getEnumConstants());
        } else if (kind == String.class || parser(kind).isPresent()) {
            wanted = "a string";
        } else if (kind == boolean.class) {
            wanted = "true or false";
        } else if (kind == double.class || kind == Double.class || kind == float.class) {
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
