package dev.fern.spark;

import dev.fern.detection.model.NonFiniteOutputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Supplier;

/** Finds out why a job of Spark failed. */
final class SparkFailure {

    private SparkFailure() {}

    /**
     * Does work of Spark.
     *
     * @throws IOException that of a task or of Spark's, where one was the cause
     */
    static void during(Runnable work) throws IOException {
        during(
                () -> {
                    work.run();
                    return null;
                });
    }

    /** Does work of Spark that has a result. */
    static <T> T during(Supplier<T> work) throws IOException {
        try {
            return work.get();
        } catch (Exception e) { // Scala's exceptions are not declared
            throw cause(e);
        }
    }

    private static IOException cause(Exception failure) throws IOException {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UncheckedIOException e) {
                return e.getCause();
            }
            if (cause instanceof IOException e) {
                return e;
            }
            if (cause instanceof NonFiniteOutputException
                    || cause instanceof IllegalArgumentException) {
                throw (RuntimeException) cause;
            }
        }
        throw new IllegalStateException(failure.getMessage(), failure);
    }
}
