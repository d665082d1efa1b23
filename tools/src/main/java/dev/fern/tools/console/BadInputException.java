package dev.fern.tools.console;

/** What the user gave can't be used; the message is one line that says what, and what to do. */
public final class BadInputException extends Exception {

    private static final long serialVersionUID = 1L;

    /** Takes the line. */
    public BadInputException(String message) {
        super(message);
    }

    /** Takes the line and what led to it. */
    public BadInputException(String message, Throwable cause) {
        super(message, cause);
    }
}
