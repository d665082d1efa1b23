package dev.fern.cocoeval.id;

import dev.fern.cocoeval.json.JsonTokenizer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Lets ids that are not ordinary integers (strings, fractions, null, integers beyond about 62
 * bits), all of which pycocotools takes, travel as {@code long}. Such an id gets a stand-in below
 * {@link #LEAST_ORDINARY}, which means something only together with its table. Ids that are equal
 * in Python (1, 1.0 and true) are the same.
 */
public final class IdTable {
    /** Ids from here up stand for themselves. */
    public static final long LEAST_ORDINARY = Long.MIN_VALUE / 2;

    /** Means "no such id" in a search; no table hands it out. */
    public static final long NONE = LEAST_ORDINARY - 1;

    private static final Pattern INTEGER = Pattern.compile("[+-]?[0-9]{1,18}");

    private static final Comparator<String> TEXTS = Comparator.nullsLast(Comparator.naturalOrder());

    private final Map<Object, Long> standIns = new HashMap<>();
    private final List<Object> values = new ArrayList<>();

    /**
     * Tells whether an id stands for itself.
     *
     * @param id as records hold it
     * @return false for a stand-in, which means something only together with its table
     */
    public static boolean isOrdinary(long id) {
        return id >= LEAST_ORDINARY;
    }

    /** {@return whether nothing but ordinary ids was met} */
    public boolean isEmpty() {
        return values.isEmpty();
    }

    /**
     * Finds the id of a value, or hands out a new one.
     *
     * @param value as {@link JsonTokenizer#readValue} gives it; not an array or object
     * @return its id
     */
    public long idOf(Object value) {
        Object canonical = canonical(value);
        if (canonical instanceof Long number && isOrdinary(number)) {
            return number;
        }
        Long known = standIns.get(canonical);
        if (known != null) {
            return known;
        }
        long id = add(canonical);
        standIns.put(canonical, id);
        return id;
    }

    private long add(Object value) {
        values.add(value);
        return Long.MIN_VALUE + values.size() - 1;
    }

    /**
     * Finds the id of a value that was met before.
     *
     * @param canonical made by {@link #canonical}
     * @return its id, or {@link #NONE}
     */
    public long find(Object canonical) {
        return canonical instanceof Long number && (isOrdinary(number) || isEmpty())
                ? number
                : standIns.getOrDefault(canonical, NONE);
    }

    /** {@return the order of ids: texts by their characters, then all others by their numbers} */
    public Comparator<Long> order() {
        return Comparator.comparing((Long id) -> isText(id) ? (String) value(id) : null, TEXTS)
                .thenComparing(Comparator.naturalOrder());
    }

    /**
     * Tells whether an id is a text.
     *
     * @param id as records hold it
     * @return whether it stands for a string
     */
    public boolean isText(long id) {
        return !isOrdinary(id) && value(id) instanceof String;
    }

    /**
     * Finds what is written like a value but is a text where that is an integer, or the other way
     * round.
     *
     * @param value as {@link #value} gives it
     * @return its id, or {@link #NONE} if that was not met
     */
    public long counterpart(Object value) {
        if (value instanceof Long) {
            return find(value.toString());
        }
        return value instanceof String text && INTEGER.matcher(text.strip()).matches()
                ? Long.parseLong(text.strip())
                : NONE;
    }

    /**
     * Finds what an id stands for.
     *
     * @param id as records hold it
     * @return a {@link Long} where the number fits, {@link BigInteger}, {@link Double}, {@link
     *     String} or {@link JsonTokenizer.Other#NULL}
     */
    public Object value(long id) {
        long index = id - Long.MIN_VALUE;
        return isOrdinary(id) || index >= values.size() ? (Object) id : values.get((int) index);
    }

    /**
     * Makes equal objects of numbers that are equal in Python.
     *
     * @param value as {@link JsonTokenizer#readValue} gives it
     * @return the value, or an equal one
     */
    public static Object canonical(Object value) {
        if (value instanceof Boolean truth) {
            return truth ? 1L : 0L;
        }
        if (value instanceof Double number
                && !number.isNaN()
                && !number.isInfinite()
                && number == Math.rint(number)) {
            BigInteger integer = new BigDecimal(number).toBigIntegerExact();
            return integer.bitLength() < Long.SIZE ? (Object) integer.longValue() : integer;
        }
        return value;
    }
}
