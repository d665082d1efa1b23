package dev.fern.serve;

/** Says that a request can't be answered, with the HTTP status and one line for the client. */
final class RefusedException extends Exception {

    private static final long serialVersionUID = 1;

    private final int status;

    RefusedException(int status, String message) {
        super(message);
        this.status = status;
    }

    int status() {
        return status;
    }
}
