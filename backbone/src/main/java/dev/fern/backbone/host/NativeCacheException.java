package dev.fern.backbone.host;

/**
 * Says that native libraries can't be kept where no other user of the machine can replace them. The
 * message is one line that names the setting, the path, what is wrong and what to do.
 */
public final class NativeCacheException extends RuntimeException {

    private static final long serialVersionUID = 1;

    NativeCacheException(String message, Throwable cause) {
        super(message, cause);
    }
}
