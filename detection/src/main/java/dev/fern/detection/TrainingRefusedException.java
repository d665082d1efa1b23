package dev.fern.detection;

import java.io.IOException;

/**
 * Thrown before a training begins or goes on as it was asked for: its settings contradict the
 * machine, the weights or each other, its folder holds something else, or its settings and data are
 * not those of the run that it resumes. The message is one line.
 */
public final class TrainingRefusedException extends IOException {

    private static final long serialVersionUID = 1L;

    TrainingRefusedException(String message) {
        super(message);
    }

    TrainingRefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
