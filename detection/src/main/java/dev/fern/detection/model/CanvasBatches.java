package dev.fern.detection.model;

import dev.fern.detection.image.BgrImage;
import dev.fern.detection.image.Canvas;
import dev.fern.detection.image.ImageReadException;
import dev.fern.detection.image.ImageReader;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.PixelBuffers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Gathers a list's images in batches of one canvas size each, and has a few batches detected in
 * while the next ones fill, so that a list of any length takes a bounded amount of memory. One
 * thread uses it.
 */
final class CanvasBatches implements AutoCloseable {

    /** How many sizes wait for more of their images; of more, the oldest goes as it is. */
    private static final int MOST_SIZES = 4;

    private final ImagePipeline pipeline;
    private final Start start;
    private final List<DetectorInput> inputs;
    private final int batchSize;
    private final int ahead;
    private final List<List<Detection>> detections;
    private final Map<ImageSize, Batch> filling = new LinkedHashMap<>();
    private final Deque<Running> running = new ArrayDeque<>();

    /** Starts a detection, as {@link Detector#detect(FloatBuffer, List)} does it. */
    @FunctionalInterface
    interface Start {
        /** {@return waits for the detections of each image} */
        Supplier<List<List<Detection>>> start(FloatBuffer pixels, List<Canvas> canvases);
    }

    /** Images of one canvas size with their places in the list. */
    private record Batch(ByteBuffer pixels, List<Canvas> canvases, List<Integer> places) {}

    private record Running(Batch batch, Supplier<List<List<Detection>>> result) {}

    /**
     * Makes the batches of a list.
     *
     * @param inputs the images
     * @param batchSize of a full batch, at least 1
     * @param ahead how many batches may be under way, at least 1
     */
    CanvasBatches(
            ImagePipeline pipeline,
            Start start,
            List<DetectorInput> inputs,
            int batchSize,
            int ahead) {
        this.pipeline = pipeline;
        this.start = start;
        this.inputs = inputs;
        this.batchSize = batchSize;
        this.ahead = ahead;
        detections = new ArrayList<>(Collections.nCopies(inputs.size(), null));
    }

    /**
     * {@return the detections of each image in the order of the list}
     *
     * @throws IOException naming the first image that can't be read
     * @throws NonFiniteOutputException naming the image whose outputs are not finite
     */
    List<List<Detection>> detect(ImageReader reader) throws IOException {
        try {
            for (int place = 0; place < inputs.size(); place++) {
                try (BgrImage image = inputs.get(place).read(reader)) {
                    add(place, image);
                } catch (ImageReadException e) {
                    throw e.ofList(place, inputs.size());
                }
            }
            finish();
            return detections;
        } catch (NonFiniteOutputException e) {
            throw e.of(inputs.get(e.image()).name());
        }
    }

    private void add(int place, BgrImage image) {
        Canvas canvas = pipeline.canvas(image);
        Batch batch = filling.get(canvas.size());
        if (batch == null) {
            if (filling.size() == MOST_SIZES) {
                send(filling.keySet().iterator().next());
            }
            int bytes = Math.multiplyExact(batchSize, pipeline.bytes(canvas));
            batch = new Batch(PixelBuffers.take(bytes), new ArrayList<>(), new ArrayList<>());
            filling.put(canvas.size(), batch);
        }
        pipeline.write(image, canvas, batch.pixels.asFloatBuffer(), batch.places.size());
        batch.canvases.add(canvas);
        batch.places.add(place);
        if (batch.places.size() == batchSize) {
            send(canvas.size());
        }
    }

    private void send(ImageSize size) {
        while (running.size() >= ahead) {
            takeOldest();
        }
        Batch batch = filling.remove(size);
        FloatBuffer pixels = batch.pixels.asFloatBuffer();
        pixels.limit(pixels.capacity() / batchSize * batch.places.size());
        try {
            running.add(new Running(batch, start.start(pixels, batch.canvases)));
        } catch (RuntimeException e) {
            PixelBuffers.giveBack(batch.pixels);
            throw e;
        }
    }

    private void takeOldest() {
        Running oldest = running.remove();
        try {
            List<List<Detection>> found = oldest.result.get();
            for (int n = 0; n < found.size(); n++) {
                detections.set(oldest.batch.places.get(n), found.get(n));
            }
        } catch (NonFiniteOutputException e) {
            throw e.at(oldest.batch.places.get(e.image()));
        } finally {
            PixelBuffers.giveBack(oldest.batch.pixels);
        }
    }

    private void finish() {
        while (!filling.isEmpty()) {
            send(filling.keySet().iterator().next());
        }
        while (!running.isEmpty()) {
            takeOldest();
        }
    }

    /** Waits for what is under way, and gives all memory back. */
    @Override
    public void close() {
        filling.values().forEach(batch -> PixelBuffers.giveBack(batch.pixels));
        filling.clear();
        while (!running.isEmpty()) {
            try {
                takeOldest();
            } catch (RuntimeException e) {
                // An earlier failure ended the list, or nobody asked for its end.
            }
        }
    }
}
