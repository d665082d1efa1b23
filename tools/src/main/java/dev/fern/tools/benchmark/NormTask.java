package dev.fern.tools.benchmark;

import java.util.Locale;

/** The things that {@code fern benchmark frn} times. */
enum NormTask {
    FUSED("FRN + TLU, fused"),
    OPERATORS("FRN + TLU, operators"),
    BN("BN + ReLU"),
    COPY("copy");

    private final String label;

    NormTask(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    /** Returns the name as the command line takes it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
