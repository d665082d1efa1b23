package dev.fern.tools.console;

/**
 * Thrown when what the user gave can't be used. The message is one line that says what is wrong and
 * what to do.
 */
public final class BadInputException extends Exception {

    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message one line
     */
    public BadInputException(String message) {
        super(message);
    }

    /**
     * Makes an exception with its cause.
     *
     * @param message one line
     * @param cause what led to it
     */
    public BadInputException(String message, Throwable cause) {
        super(message, cause);
    }
}
