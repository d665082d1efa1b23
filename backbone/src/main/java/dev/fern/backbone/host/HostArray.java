package dev.fern.backbone.host;

import ai.djl.ndarray.NDArray;

/** An array that no engine holds. It says itself which bridge leads to it. */
public interface HostArray extends NDArray {

    /** {@return the bridge to this array} */
    EngineBridge bridge();
}
