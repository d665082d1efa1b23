package dev.fern.tools.torch;

import net.razorvine.pickle.PickleException;

/** Checks plain values that a pickle holds. */
final class PickledValues {

    /**
     * PyTorch's own limit. Without a limit, any number of tensors could take one long tuple from
     * the memo.
     */
    private static final int MAX_DIMENSIONS = 64;

    private PickledValues() {}

    /** Returns the integers of a tuple that describes dimensions. */
    static long[] integers(Object tuple) {
        Object[] values = (Object[]) tuple;
        if (values.length > MAX_DIMENSIONS) {
            throw new PickleException("a tensor of " + values.length + " dimensions");
        }
        long[] integers = new long[values.length];
        for (int i = 0; i < values.length; i++) {
            integers[i] = integer(values[i]);
        }
        return integers;
    }

    /** Returns an integer. */
    static long integer(Object value) {
        if (value instanceof Integer || value instanceof Long) {
            return ((Number) value).longValue();
        }
        throw new PickleException("an integer was expected");
    }
}
