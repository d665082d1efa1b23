package dev.fern.detection.worker;

/**
 * The part of every batch that one worker computes: images that follow each other. The shards of
 * all workers are the batch, and differ by at most one image.
 *
 * @param index of the worker, from 0
 * @param count number of workers, at least 1
 */
public record Shard(int index, int count) {

    /** The shard of a worker that is alone. */
    public static final Shard WHOLE = new Shard(0, 1);

    /**
     * Checks the numbers.
     *
     * @param index from 0
     * @param count above {@code index}
     * @throws IllegalArgumentException if there is no such worker
     */
    public Shard {
        if (index < 0 || index >= count) {
            throw new IllegalArgumentException("worker " + index + " of " + count);
        }
    }

    /**
     * {@return the index in a batch of the shard's first image}
     *
     * @param images number of images of the batch
     */
    public int first(int images) {
        return (int) ((long) images * index / count);
    }

    /**
     * {@return the index after that of the shard's last image; that of the first where the shard is
     * empty}
     *
     * @param images number of images of the batch
     */
    public int end(int images) {
        return (int) ((long) images * (index + 1) / count);
    }

    /**
     * {@return the most images that a shard of a batch has, at least 1}
     *
     * @param images number of images of the batch, at least 1
     */
    public int largest(int images) {
        return (images - 1) / count + 1;
    }
}
