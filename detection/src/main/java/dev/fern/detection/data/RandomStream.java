package dev.fern.detection.data;

import java.util.SplittableRandom;

/** Random numbers that depend on named causes alone, so that each of them can be drawn again. */
public final class RandomStream {

    /** The increment of SplitMix64: 2^64 over the golden ratio. */
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private RandomStream() {}

    /**
     * Returns the stream of some keys.
     *
     * @param keys such as a seed, an epoch and an id; other keys, or another order of them, give
     *     another stream
     * @return the stream from its start
     */
    public static SplittableRandom of(long... keys) {
        long state = 0;
        for (long key : keys) {
            state = mix(state + GOLDEN_GAMMA ^ key);
        }
        return new SplittableRandom(state);
    }

    /**
     * Returns SplitMix64's bijection of a number (Stafford's variant 13), in which each bit depends
     * on all others.
     */
    private static long mix(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
