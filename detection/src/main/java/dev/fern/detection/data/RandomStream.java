package dev.fern.detection.data;

import java.util.SplittableRandom;

/** Random numbers that depend on named causes alone, so that any one of them can be drawn again. */
public final class RandomStream {

    /** The increment of SplitMix64: 2^64 over the golden ratio. */
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private RandomStream() {}

    /** The stream of these keys; other keys, or another order of them, give another stream. */
    public static SplittableRandom of(long... keys) {
        long state = 0;
        for (long key : keys) {
            state = mix(state + GOLDEN_GAMMA ^ key);
        }
        return new SplittableRandom(state);
    }

    /**
     * The bijection of SplitMix64 (Stafford's variant 13), in which all bits bear on all others.
     */
    private static long mix(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
