package dev.fern.detection.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Thrown before something would be written into a run's folder that is no longer the one whose lock
 * is held: it was deleted, moved or replaced, and what is there now may be another training's.
 */
public final class RunLostException extends IOException {

    private static final long serialVersionUID = 1L;

    /** Where the training is saved; null if it is not. */
    private final String saved;

    private RunLostException(String message, String saved, Throwable cause) {
        super(message, cause);
        this.saved = saved;
    }

    /**
     * Returns the same for a training that is saved elsewhere.
     *
     * @param steps how many steps it has taken
     * @param place the folder of a run that goes on from there
     * @return an exception whose cause is this one
     */
    public RunLostException saved(long steps, Path place) {
        return new RunLostException(
                getMessage() + "; the training of " + steps + " steps is saved in " + place,
                place.toString(),
                this);
    }

    /**
     * Returns the same for a training that is not saved.
     *
     * @param problem why not
     * @return an exception whose cause is this one
     */
    public RunLostException unsaved(IOException problem) {
        return new RunLostException(
                getMessage() + "; the training could not be saved: " + problem.getMessage(),
                null,
                this);
    }

    /** {@return the folder of a run that goes on where the training was; empty if there is none} */
    public Optional<Path> place() {
        return Optional.ofNullable(saved).map(Path::of);
    }

    RunLostException(RunDirectory run) {
        super(run.path() + ": was deleted, moved or replaced while this command wrote to it");
        this.saved = null;
    }
}
