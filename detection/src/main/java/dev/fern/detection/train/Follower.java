package dev.fern.detection.train;

import dev.fern.detection.data.BatchSource;
import dev.fern.detection.worker.Followers;
import dev.fern.detection.worker.Followers.Order;
import dev.fern.detection.worker.RingAllReduce;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A worker of a training that another one leads: it computes its shard of every batch and takes the
 * same steps as the leader's {@link Trainer}, from the same parameters. It writes nothing.
 *
 * @param <B> the task's kind of batch
 */
public final class Follower<B> {

    private final TrainingTask<B> task;
    private final RingAllReduce ring;
    private final TrainingState state;
    private final StepTotals totals = new StepTotals();

    /** The batches of the current epoch; null before the first and after a failure. */
    private BatchSource<B> source;

    private int epoch = -1;
    private int skippedBefore;
    private String failure = "";

    /**
     * Prepares to follow.
     *
     * @param task what is trained, by this worker's shard of every batch; the caller closes it
     * @param ring of all workers, in which this one is not worker 0; the caller closes it
     */
    public Follower(TrainingTask<B> task, RingAllReduce ring) {
        this.task = task;
        this.ring = ring;
        this.state = new TrainingState(task, 0, ring);
    }

    /**
     * Does what the leader says until the training ends.
     *
     * @throws IOException if an image can't be used and is not to be skipped, which the leader is
     *     told; if another worker has ended; or if parameters differ between workers
     * @throws InterruptedException if the thread is interrupted
     */
    public void run() throws IOException, InterruptedException {
        try {
            state.distribute();
            while (true) {
                Order order = Order.next(ring);
                switch (order.kind()) {
                    case BATCH -> accumulate(order.epoch(), order.batch());
                    case REPORT -> report();
                    case STEP -> {
                        // The number of a step matters to an average, which the leader alone takes.
                        state.step(order.rate(), 1, order.batch());
                        totals.clear();
                    }
                    case CHECK -> check();
                    case END -> {
                        return;
                    }
                }
            }
        } finally {
            closeSource();
        }
    }

    private void accumulate(int inEpoch, int index) throws InterruptedException {
        if (!failure.isEmpty()) {
            return;
        }
        try {
            if (source == null || inEpoch != epoch || source.position() != index) {
                closeSource();
                source = task.load(inEpoch, index);
                epoch = inEpoch;
            }
            Optional<B> batch = source.next();
            totals.add(task.accumulate(batch.orElseThrow()));
        } catch (IOException e) {
            closeSource();
            failure = e.getMessage();
        }
    }

    private void closeSource() {
        if (source != null) {
            source.close();
            source = null;
            skippedBefore = 0;
        }
    }

    private void report() throws IOException, InterruptedException {
        List<? extends IOException> skipped = source == null ? List.of() : source.skipped();
        List<String> fresh =
                skipped.subList(skippedBefore, skipped.size()).stream()
                        .map(Throwable::getMessage)
                        .toList();
        skippedBefore = skipped.size();
        Followers.answer(ring, totals.report(fresh, failure));
        if (!failure.isEmpty()) {
            throw new IOException(failure);
        }
    }

    private void check() throws IOException, InterruptedException {
        Optional<String> difference = Followers.difference(ring, state.checksum());
        if (difference.isPresent()) {
            throw new IOException(difference.get());
        }
    }
}
