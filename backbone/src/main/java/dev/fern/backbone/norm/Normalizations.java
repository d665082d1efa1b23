package dev.fern.backbone.norm;

import java.util.List;

/** Finds a {@link Normalization} by the name that configurations and the command line use. */
public final class Normalizations {

    private Normalizations() {}

    /** The known names. */
    public static final List<String> NAMES = List.of("frn", "frn-eps", "bn", "frozen-bn");

    /**
     * Returns the normalisation of that name.
     *
     * @throws IllegalArgumentException naming the known ones if there is none
     */
    public static Normalization parse(String name) {
        return switch (name) {
            case "frn" -> new FilterResponseNormalization(false);
            case "frn-eps" -> new FilterResponseNormalization(true);
            case "bn" -> new BatchNormalization();
            case "frozen-bn" -> new FrozenBatchNormalization(1e-5f);
            default ->
                    throw new IllegalArgumentException(
                            "unknown normaliser '" + name + "': use one of " + NAMES);
        };
    }
}
