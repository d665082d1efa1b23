package dev.fern.tools.input;

import ai.djl.Device;
import dev.fern.backbone.onednn.Precision;

/** Says so where another precision would be much faster. */
public final class PrecisionAdvice {

    private PrecisionAdvice() {}

    /**
     * Prints one line to standard error if bfloat16 would take less than half the time.
     *
     * @param precision the one in which a command is about to compute
     * @param device where it computes
     */
    public static void print(Precision precision, Device device) {
        if (precision.isSlowOn(device)) {
            System.err.println(
                    "this processor has AMX: --precision bf16 takes less than half the time, and is"
                            + " less exact");
        }
    }
}
