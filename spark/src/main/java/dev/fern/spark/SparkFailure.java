package dev.fern.spark;

import dev.fern.detection.model.NonFiniteOutputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Supplier;
import org.apache.spark.SparkException;

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
        } catch (RuntimeException e) {
            throw cause(e);
        } catch (Exception e) { // Scala's exceptions are not declared
            throw cause(e);
        }
    }

    private static IOException cause(Exception failure) throws IOException {
        String told = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UncheckedIOException e) {
                return e.getCause();
            }
            if (cause instanceof IOException e) {
                return e;
            }
            if (cause instanceof NonFiniteOutputException e) {
                throw e;
            }
            if (cause instanceof SparkException) {
                told = cause.getMessage();
            }
        }
        if (told == null && failure instanceof RuntimeException e) {
            throw e;
        }
        throw new IllegalStateException(failure.getMessage(), failure);
    }
}
