package dev.fern.backbone.norm;

import java.util.List;

/** Finds a {@link Normalization} by the name that configurations and the command line use. */
public final class Normalizations {

    private Normalizations() {}

    /** The known names; {@code gnN} is group normalisation with N groups. */
    public static final List<String> NAMES =
            List.of(
                    "frn",
                    "frn-eps",
                    "bn",
                    "frozen-bn",
                    "frozen-bn-eps0",
                    "gn",
                    "gnN",
                    "ln",
                    "in",
                    "gn-tlu",
                    "gnN-tlu");

    /**
     * Returns the normalisation of that name.
     *
     * @throws IllegalArgumentException naming the known ones if there is none
     */
    public static Normalization parse(String name) {
        boolean thresholded = name.endsWith(Activation.TLU.suffix());
        String normaliser =
                thresholded
                        ? name.substring(0, name.length() - Activation.TLU.suffix().length())
                        : name;
        Activation activation = thresholded ? Activation.TLU : Activation.RELU;
        if (normaliser.matches("gn[1-9][0-9]{0,4}")) {
            return new GroupNormalization(Integer.parseInt(normaliser.substring(2)), activation);
        }
        return switch (name) {
            case "frn" -> new FilterResponseNormalization(false);
            case "frn-eps" -> new FilterResponseNormalization(true);
            case "bn" -> new BatchNormalization();
            case "frozen-bn" -> new FrozenBatchNormalization(1e-5f);
            case "frozen-bn-eps0" -> new FrozenBatchNormalization(0);
            case "gn", "gn-tlu" ->
                    new GroupNormalization(GroupNormalization.DEFAULT_GROUPS, activation);
            case "ln", "ln-tlu" -> new GroupNormalization(1, activation);
            case "in", "in-tlu" -> new InstanceNormalization(activation);
            default ->
                    throw new IllegalArgumentException(
                            "unknown normaliser '" + name + "': use one of " + NAMES);
        };
    }
}
