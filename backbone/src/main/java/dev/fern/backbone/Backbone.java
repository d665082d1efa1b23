package dev.fern.backbone;

import ai.djl.nn.Block;
import java.util.List;

/**
 * A convolutional network whose maps a detector's pyramid or a classifier's head takes. Input [N,
 * 3, H, W]; one output per {@linkplain #maps map}: [N, C_i, H / s_i, W / s_i], sides rounded up.
 */
public interface Backbone extends Block {

    /** Returns channels and strides of the outputs, the finest map first. */
    List<FeatureMap> maps();

    /** Returns in how many stages it can be frozen, counted from the input. */
    int stages();

    /**
     * Leaves the first stages as they are in a training: their parameters have no gradient, and
     * their normalisers work as they do when nothing is trained, without moving their running
     * averages.
     *
     * @param count 0 for none, to {@link #stages()} for all
     */
    void freeze(int count);
}
