package dev.fern.backbone.convolution;

import java.util.List;

/** In which numbers convolutions multiply. Sums are float32 in both. */
public enum Precision {
    /** 32 bits: what the engines compute in. */
    FLOAT32("float32"),

    /**
     * 16 bits, 8 of them for the exponent: maps, weights and gradients are rounded on their way
     * into a convolution. Processors with AMX multiply them many times as fast.
     */
    BFLOAT16("bf16");

    private final String id;

    Precision(String id) {
        this.id = id;
    }

    /** {@return the name that configurations use} */
    public String id() {
        return id;
    }

    /**
     * {@return the precision of a name}
     *
     * @param id {@code float32} or {@code bf16}
     * @throws IllegalArgumentException if there is none of this name; the message has the known
     *     ones
     */
    public static Precision parse(String id) {
        List<Precision> all = List.of(values());
        return all.stream()
                .filter(precision -> precision.id.equals(id))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "unknown precision '"
                                                + id
                                                + "': use one of "
                                                + all.stream().map(Precision::id).toList()));
    }
}
