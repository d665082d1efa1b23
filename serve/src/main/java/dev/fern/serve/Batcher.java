package dev.fern.serve;

import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.PixelBuffers;
import dev.fern.detection.model.Detection;
import dev.fern.detection.model.Detector;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntConsumer;

/**
 * Lets images that are asked for at the same time and have canvases of one size pass a detector's
 * network together. The first image of a batch waits until the network is free, and for others
 * after that only as long as it is told. Thread-safe.
 */
final class Batcher {

    private final Detector detector;
    private final int most;
    private final long delayNanos;
    private final IntConsumer batchSizes;
    private final Semaphore turns;
    private final Map<ImageSize, Batch> open = new HashMap<>();

    /** An image that waits. */
    private record Waiting(
            FloatBuffer pixels, Canvas canvas, CompletableFuture<List<Detection>> answer) {}

    /** Images that will pass together. */
    private static final class Batch {
        private final List<Waiting> images = new ArrayList<>();
        private final CountDownLatch full = new CountDownLatch(1);
    }

    /**
     * Makes a batcher.
     *
     * @param detector outlives it
     * @param most images of a batch, at least 1
     * @param delayMillis for how long the first image waits for others
     * @param batchSizes is told the size of each batch
     */
    Batcher(Detector detector, int most, int delayMillis, IntConsumer batchSizes) {
        this.detector = detector;
        this.most = most;
        this.delayNanos = TimeUnit.MILLISECONDS.toNanos(delayMillis);
        this.batchSizes = batchSizes;
        this.turns = new Semaphore(detector.lanes(), true);
    }

    /**
     * Detects in one image, perhaps together with others.
     *
     * @param pixels [3, H, W], normalised; must not change until this returns
     * @param canvas of the image, H x W
     * @param patienceNanos for how long the image may wait until the network is free
     * @return what the detector finds in the image alone
     * @throws InterruptedException if the thread is interrupted while it waits
     * @throws TimeoutException if the network was not free in time
     */
    List<Detection> detect(FloatBuffer pixels, Canvas canvas, long patienceNanos)
            throws InterruptedException, TimeoutException {
        Waiting own = new Waiting(pixels, canvas, new CompletableFuture<>());
        Batch batch;
        boolean leads;
        synchronized (open) {
            batch = open.get(canvas.size());
            leads = batch == null;
            if (leads) {
                batch = new Batch();
                open.put(canvas.size(), batch);
            }
            batch.images.add(own);
            if (batch.images.size() == most) {
                open.remove(canvas.size());
                batch.full.countDown();
            }
        }
        if (leads) {
            lead(batch, canvas.size(), patienceNanos);
        }
        try {
            return own.answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            if (e.getCause() instanceof TimeoutException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** Waits for the network and for other images, and passes the batch through. */
    private void lead(Batch batch, ImageSize size, long patienceNanos) throws InterruptedException {
        boolean hasTurn = false;
        try {
            hasTurn = turns.tryAcquire(patienceNanos, TimeUnit.NANOSECONDS);
            if (hasTurn) {
                batch.full.await(delayNanos, TimeUnit.NANOSECONDS);
            }
        } finally {
            synchronized (open) {
                open.remove(size, batch);
            }
            if (hasTurn) {
                try {
                    pass(batch.images);
                } finally {
                    turns.release();
                }
            } else {
                TimeoutException late = new TimeoutException("the network was not free in time");
                batch.images.forEach(image -> image.answer.completeExceptionally(late));
            }
        }
    }

    private void pass(List<Waiting> images) {
        batchSizes.accept(images.size());
        try {
            List<List<Detection>> found = detect(images);
            for (int i = 0; i < images.size(); i++) {
                images.get(i).answer.complete(found.get(i));
            }
        } catch (RuntimeException | Error e) {
            // One image's fault must not be another's.
            images.forEach(image -> passAlone(image, images.size() == 1 ? e : null));
        }
    }

    private void passAlone(Waiting image, Throwable failure) {
        if (failure != null) {
            image.answer.completeExceptionally(failure);
            return;
        }
        try {
            image.answer.complete(detect(List.of(image)).get(0));
        } catch (RuntimeException | Error e) {
            image.answer.completeExceptionally(e);
        }
    }

    private List<List<Detection>> detect(List<Waiting> images) {
        List<Canvas> canvases = images.stream().map(Waiting::canvas).toList();
        if (images.size() == 1) {
            return detector.detect(images.get(0).pixels, canvases);
        }
        int floats = images.stream().mapToInt(image -> image.pixels.remaining()).sum();
        ByteBuffer data = PixelBuffers.take(Math.multiplyExact(floats, Float.BYTES));
        try {
            FloatBuffer pixels = data.asFloatBuffer();
            images.forEach(image -> pixels.put(image.pixels.duplicate()));
            return detector.detect(pixels.flip(), canvases);
        } finally {
            PixelBuffers.giveBack(data);
        }
    }
}
