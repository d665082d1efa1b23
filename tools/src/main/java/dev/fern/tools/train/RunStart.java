package dev.fern.tools.train;

/** How a training starts. */
public enum RunStart {
    /** From the beginning. */
    FRESH,
    /** From the run's last checkpoint, with the run's settings and data. */
    RESUMED,
    /** From the run's last checkpoint, even if settings or data differ from the run's. */
    FORCED
}
