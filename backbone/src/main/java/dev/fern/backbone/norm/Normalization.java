package dev.fern.backbone.norm;

import ai.djl.nn.Block;
import java.util.List;

/**
 * A normaliser together with the activation that follows it: the one choice that a network's blocks
 * are handed.
 */
public interface Normalization {

    /**
     * The known names; {@code gnN} is group normalisation with N groups, {@code brnN} batch
     * renormalisation with a schedule of N steps. Each may end with {@code -relu} or {@code -tlu}
     * for another activation.
     */
    List<String> NAMES =
            List.of(
                    "frn",
                    "frn-eps",
                    "bn",
                    "brn",
                    "brnN",
                    "frozen-bn",
                    "frozen-bn-eps0",
                    "gn",
                    "gnN",
                    "ln",
                    "in",
                    "frn-relu",
                    "bn-tlu",
                    "gn-tlu");

    /**
     * Returns the normalisation of that name.
     *
     * @throws IllegalArgumentException naming the known ones if there is none
     */
    static Normalization parse(String name) {
        for (Activation activation : List.of(Activation.RELU, Activation.TLU)) {
            if (name.endsWith(activation.suffix())) {
                int end = name.length() - activation.suffix().length();
                return find(name, name.substring(0, end), activation, activation);
            }
        }
        return find(name, name, Activation.TLU, Activation.RELU);
    }

    /**
     * Finds a normaliser.
     *
     * @param ofFrn what follows if it is FRN
     * @param ofOthers what follows if it is another one
     */
    private static Normalization find(
            String name, String normaliser, Activation ofFrn, Activation ofOthers) {
        return switch (normaliser) {
            case "frn" -> new FilterResponseNormalization(false, ofFrn);
            case "frn-eps" -> new FilterResponseNormalization(true, ofFrn);
            case "bn" -> new BatchNormalization(ofOthers);
            case "brn" -> new BatchRenormalization(BatchRenormalization.DEFAULT_STEPS, ofOthers);
            case "frozen-bn" ->
                    new FrozenBatchNormalization(
                            FrozenBatchNormalization.DEFAULT_EPSILON, ofOthers);
            case "frozen-bn-eps0" -> new FrozenBatchNormalization(0, ofOthers);
            case "gn" -> new GroupNormalization(GroupNormalization.DEFAULT_GROUPS, ofOthers);
            case "ln" -> new GroupNormalization(1, ofOthers);
            case "in" -> new GroupNormalization(GroupNormalization.ONE_PER_CHANNEL, ofOthers);
            default -> numbered(name, normaliser, ofOthers);
        };
    }

    private static Normalization numbered(String name, String normaliser, Activation activation) {
        if (normaliser.matches("gn[1-9][0-9]{0,4}")) {
            return new GroupNormalization(Integer.parseInt(normaliser.substring(2)), activation);
        }
        if (normaliser.matches("brn[1-9][0-9]{0,6}")) {
            return new BatchRenormalization(Integer.parseInt(normaliser.substring(3)), activation);
        }
        throw new IllegalArgumentException(
                "unknown normaliser '"
                        + name
                        + "': use one of "
                        + NAMES
                        + ", or with -relu or -tlu at the end");
    }

    /** Returns the name by which {@link #parse} finds it: the one that configurations use. */
    String id();

    /** Returns whether an image's result is its own, whatever batch it is trained in. */
    default boolean isBatchIndependent() {
        return true;
    }

    /**
     * Returns a block that normalises: [N, C, H, W] to [N, C, H, W].
     *
     * @param channels C
     */
    Block norm(int channels);

    /**
     * Returns a block that normalises and activates.
     *
     * @param channels C
     */
    Block normActivation(int channels);

    /**
     * Returns a block that normalises its first input, adds its second, and activates the sum: the
     * end of a residual block (ResNet V1).
     *
     * @param channels C
     */
    Block normAddActivation(int channels);
}
