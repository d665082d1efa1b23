package dev.fern.cocoeval;

import dev.fern.cocoeval.json.ArrayTail;
import dev.fern.cocoeval.json.CocoFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * The second half of a large results file, read by another thread while this one reads the first.
 * It stands for nothing where anything in it is unusual: the thread that reads the first half then
 * goes on by itself, and tells what is wrong and where.
 */
final class ResultsTail implements AutoCloseable {
    private final long offset;
    private final CompletableFuture<Optional<CocoResultsReader>> reading;
    private volatile boolean isWanted = true;

    private ResultsTail(Path file, IouType type, Optional<ArrayTail> tail) {
        offset = tail.map(ArrayTail::offset).orElse(-1L);
        reading =
                tail.isEmpty()
                        ? CompletableFuture.completedFuture(Optional.empty())
                        : CompletableFuture.supplyAsync(() -> read(file, type, tail.get()));
    }

    static ResultsTail start(Path file, IouType type) {
        return new ResultsTail(file, type, ArrayTail.of(file));
    }

    private Optional<CocoResultsReader> read(Path file, IouType type, ArrayTail tail) {
        try (tail) {
            return Optional.of(
                    CocoResultsReader.readTail(file.toString(), tail, type, () -> isWanted));
        } catch (CocoFormatException e) {
            return Optional.empty(); // the other reader comes upon it too
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    /** {@return whether the tail begins at an element} */
    boolean beginsAt(long element) {
        return element == offset;
    }

    /** {@return what the other thread has read, once it has; empty if it could not read all} */
    Optional<CocoResultsReader> read() {
        return reading.join();
    }

    /** Lets the other thread end before its time. */
    @Override
    public void close() {
        isWanted = false;
    }
}
