package dev.fern.backbone;

import ai.djl.nn.Block;
import java.util.List;

/**
 * A convolutional network whose maps a detector's pyramid or a classifier's head takes. Input [N,
 * 3, H, W]; one output per {@linkplain #maps map}: [N, C_i, H / s_i, W / s_i], sides rounded up.
 */
public interface Backbone extends Block {

    /** {@return the channels and strides of the outputs, the finest map first} */
    List<FeatureMap> maps();

    /** {@return the number of stages that {@link #freeze} counts, from the input on} */
    int stages();

    /**
     * Excludes the first stages from training: their parameters get no gradient, and their
     * normalisers work as in inference, so that running averages stay as they are.
     *
     * @param count how many stages to freeze, from the input on: 0 to {@link #stages()}
     */
    void freeze(int count);
}
