package dev.fern.backbone.host;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the arrays that {@link EngineBridge} copies between host memory and a device, in the whole
 * process. Arrays that lend their memory are not copied and not counted.
 *
 * @param toDevice arrays that were filled from host memory
 * @param toHost arrays that were read back
 */
public record Transfers(long toDevice, long toHost) {

    private static final LongAdder TO_DEVICE = new LongAdder();
    private static final LongAdder TO_HOST = new LongAdder();

    /** {@return how many there were since the process began} */
    public static Transfers count() {
        return new Transfers(TO_DEVICE.sum(), TO_HOST.sum());
    }

    /**
     * {@return how many there were since an earlier count}
     *
     * @param earlier what {@link #count} returned then
     */
    public static Transfers since(Transfers earlier) {
        Transfers now = count();
        return new Transfers(now.toDevice - earlier.toDevice, now.toHost - earlier.toHost);
    }

    static void addToDevice() {
        TO_DEVICE.increment();
    }

    static void addToHost() {
        TO_HOST.increment();
    }
}
