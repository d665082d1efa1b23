package dev.fern.cocoeval.id;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.LongStream;

/** Orders ids as Python's {@code sorted} and {@code numpy.unique} do. */
public final class PythonIds {
    private static final BigInteger TWO_TO_64 = BigInteger.ONE.shiftLeft(64);
    private static final BigInteger TWO_TO_63 = BigInteger.ONE.shiftLeft(63);

    /** Strings by code points, numbers by value. */
    private static final Comparator<Object> ORDER =
            (a, b) ->
                    a instanceof String left
                            ? Arrays.compare(
                                    left.codePoints().toArray(),
                                    ((String) b).codePoints().toArray())
                            : compareNumbers(a, b);

    private PythonIds() {}

    /**
     * Sorts ids, repeated ones included.
     *
     * @param ids as records hold them
     * @param table what they stand for
     * @return sorted as Python sorts what they stand for
     * @throws IllegalArgumentException if they can't be compared with one another
     */
    public static long[] sorted(long[] ids, IdTable table) {
        if (LongStream.of(ids).allMatch(IdTable::isOrdinary)) {
            return LongStream.of(ids).sorted().toArray();
        }
        return valuesOfOneKind(ids, table).stream().sorted(ORDER).mapToLong(table::find).toArray();
    }

    private static List<Object> valuesOfOneKind(long[] ids, IdTable table) {
        List<Object> values = LongStream.of(ids).mapToObj(table::value).toList();
        Class<?> kind = kind(values.get(0));
        if (ids.length > 1
                && (kind == null || values.stream().anyMatch(value -> kind(value) != kind))) {
            throw new IllegalArgumentException(
                    "are of several kinds (numbers, strings, null), so they have no order");
        }
        return values;
    }

    /**
     * Sorts ids and leaves out repeated ones, after numpy has brought them to one type: integers
     * beside a fraction become doubles, and an integer too large to be exact is then another id.
     * NaN becomes {@link IdTable#NONE}, since numpy makes another object of it.
     *
     * @param ids as records hold them
     * @param table what they stand for
     * @return sorted, each once
     * @throws IllegalArgumentException if they can't be compared with one another
     */
    public static long[] unique(long[] ids, IdTable table) {
        if (LongStream.of(ids).allMatch(IdTable::isOrdinary)) {
            return LongStream.of(ids).sorted().distinct().toArray();
        }
        TreeSet<Object> values = new TreeSet<>(ORDER);
        boolean asDoubles = becomeDoubles(ids, table);
        for (Object value : valuesOfOneKind(ids, table)) {
            values.add(asDoubles ? IdTable.canonical(((Number) value).doubleValue()) : value);
        }
        return values.stream()
                .mapToLong(value -> value.equals(Double.NaN) ? IdTable.NONE : table.find(value))
                .toArray();
    }

    private static boolean becomeDoubles(long[] ids, IdTable table) {
        boolean fraction = false;
        boolean unsigned = false;
        boolean signed = false;
        for (long id : ids) {
            Object value = table.value(id);
            if (value instanceof BigInteger big) {
                if (big.compareTo(TWO_TO_64) >= 0 || big.compareTo(TWO_TO_63.negate()) < 0) {
                    return false;
                }
                unsigned = true;
            } else {
                fraction |= value instanceof Double;
                signed |= value instanceof Long;
            }
        }
        return fraction || unsigned && signed;
    }

    private static Class<?> kind(Object value) {
        return value instanceof Number
                ? Number.class
                : value instanceof String ? String.class : null;
    }

    private static int compareNumbers(Object a, Object b) {
        if (a instanceof Number left && b instanceof Number right) {
            double leftDouble = left.doubleValue();
            double rightDouble = right.doubleValue();
            if (leftDouble != rightDouble || Double.isInfinite(leftDouble)) {
                return Double.compare(leftDouble, rightDouble);
            }
            return exact(left).compareTo(exact(right));
        }
        return 0;
    }

    private static BigDecimal exact(Number number) {
        return number instanceof Double fraction
                ? new BigDecimal(fraction)
                : new BigDecimal(number.toString());
    }
}
