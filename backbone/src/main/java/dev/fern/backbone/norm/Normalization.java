package dev.fern.backbone.norm;

import ai.djl.nn.Block;
import java.util.List;

/**
 * A normaliser together with the activation that follows it, from which a network's blocks make
 * their norms.
 */
public interface Normalization {

    /**
     * The known names. In them {@code gnN} is group normalisation with N groups, and {@code brnN}
     * is batch renormalisation with a schedule of N steps. Each may end with {@code -relu} or
     * {@code -tlu} for another activation.
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
     * {@return the normaliser of a name, with the activation that the name says or else its usual
     * one: TLU for FRN, ReLU for the others}
     *
     * @param name one of {@link #NAMES}, which may end with {@code -relu} or {@code -tlu}
     * @throws IllegalArgumentException if there is none of this name; the message has the known
     *     ones
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
     * @param name as the user wrote it, for the message
     * @param normaliser the name without its activation
     * @param ofFrn the activation if it is FRN
     * @param ofOthers the activation if it is another one
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
                        + "; each may end with -relu or -tlu");
    }

    /**
     * {@return the name that configurations use; {@link #parse} makes an equal value of it, unless
     * this value is one that no name stands for, such as one without activation}
     */
    String id();

    /** {@return the activation that follows the norm where a block activates} */
    Activation activation();

    /** {@return whether an image's result in training is the same whatever batch it is in} */
    default boolean isBatchIndependent() {
        return true;
    }

    /**
     * {@return a new block that normalises} Input and output [N, C, H, W].
     *
     * @param channels C
     */
    Block norm(int channels);

    /**
     * {@return a new block that normalises and activates} Input and output [N, C, H, W].
     *
     * @param channels C
     */
    Block normActivation(int channels);

    /**
     * {@return a new block that normalises its first input, adds its second, and activates the sum,
     * as at the end of a residual block (ResNet V1)} Both inputs and the output [N, C, H, W].
     *
     * @param channels C
     */
    Block normAddActivation(int channels);
}
