package dev.fern.detection.train;

import java.io.IOException;

/**
 * Thrown before something would be written into a run's folder that is no longer the one whose lock
 * is held: it was deleted, moved or replaced, and what is there now may be another training's.
 */
public final class RunLostException extends IOException {

    private static final long serialVersionUID = 1L;

    RunLostException(RunDirectory run) {
        super(run.path() + ": was deleted, moved or replaced while this command wrote to it");
    }
}
