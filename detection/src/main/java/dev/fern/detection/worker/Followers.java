package dev.fern.detection.worker;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The other workers of a training, as the leading one sees them. They do what they are told and
 * decide nothing: which batches come next, when a step is taken and when the training ends is known
 * to the leader alone. Without others, every call does nothing.
 *
 * @param ring of all workers, in which this one is worker 0
 */
public record Followers(RingAllReduce ring) {

    /** What a follower is to do. */
    public enum Kind {
        /** Compute the gradients of its shard of a batch. */
        BATCH,
        /** Report what it has computed. */
        REPORT,
        /** Add up the gradients with the other workers, and take a step. */
        STEP,
        /** Exchange checksums of all that is trained. */
        CHECK,
        /** End, since the training does. */
        END
    }

    /**
     * What a follower is to do next.
     *
     * @param kind what it is
     * @param epoch of a batch, from 0
     * @param batch index of a batch in its epoch; the number of images of a step
     * @param rate learning rate of a step
     */
    public record Order(Kind kind, int epoch, int batch, double rate) {

        private static final int BYTES = 3 * Integer.BYTES + Double.BYTES;

        private byte[] toBytes() {
            return ByteBuffer.allocate(BYTES)
                    .putInt(kind.ordinal())
                    .putInt(epoch)
                    .putInt(batch)
                    .putDouble(rate)
                    .array();
        }

        /**
         * Waits for the next order of the leader.
         *
         * @param ring of all workers
         * @return what to do
         * @throws LostWorkerException if another worker has ended or can't be understood
         * @throws InterruptedException if the thread is interrupted
         */
        public static Order next(RingAllReduce ring) throws IOException, InterruptedException {
            ByteBuffer bytes = ByteBuffer.wrap(ring.broadcast((byte[]) null));
            if (bytes.limit() != BYTES
                    || bytes.getInt(0) < 0
                    || bytes.getInt(0) >= Kind.values().length) {
                throw new LostWorkerException("worker 0 gives an order that there is not", null);
            }
            return new Order(
                    Kind.values()[bytes.getInt()],
                    bytes.getInt(),
                    bytes.getInt(),
                    bytes.getDouble());
        }
    }

    /** {@return no others} */
    public static Followers none() {
        return new Followers(RingAllReduce.alone());
    }

    /** {@return whether there are any} */
    public boolean exist() {
        return ring.size() > 1;
    }

    private void tell(Order order) throws IOException, InterruptedException {
        ring.broadcast(order.toBytes());
    }

    /**
     * Lets them compute the gradients of a batch, each for its shard.
     *
     * @param epoch from 0
     * @param batch index in the epoch
     * @throws LostWorkerException if one of them has ended
     * @throws InterruptedException if the thread is interrupted
     */
    public void accumulate(int epoch, int batch) throws IOException, InterruptedException {
        tell(new Order(Kind.BATCH, epoch, batch, 0));
    }

    /**
     * Waits until they have computed their shards.
     *
     * @return what each has computed since it was asked before, in the order of their ranks
     * @throws LostWorkerException if one of them has ended
     * @throws IOException if one of them can't go on
     * @throws InterruptedException if the thread is interrupted
     */
    public List<WorkerReport> reports() throws IOException, InterruptedException {
        if (!exist()) {
            return List.of();
        }
        tell(new Order(Kind.REPORT, 0, 0, 0));
        List<byte[]> messages = ring.gather(new byte[0]);
        List<WorkerReport> reports = new ArrayList<>();
        for (int i = 1; i < messages.size(); i++) {
            WorkerReport report = report(i, messages.get(i));
            if (!report.failure().isEmpty()) {
                throw new IOException("worker " + i + ": " + report.failure());
            }
            reports.add(report);
        }
        return reports;
    }

    private static WorkerReport report(int worker, byte[] message) throws LostWorkerException {
        try {
            return WorkerReport.of(message);
        } catch (IOException e) {
            throw new LostWorkerException(
                    "worker " + worker + " sends a report that can't be read", e);
        }
    }

    /**
     * Answers the question for a report.
     *
     * @param ring of all workers
     * @param report of this worker, which is not worker 0
     * @throws LostWorkerException if another worker has ended
     * @throws InterruptedException if the thread is interrupted
     */
    public static void answer(RingAllReduce ring, WorkerReport report)
            throws IOException, InterruptedException {
        ring.gather(report.toBytes());
    }

    /**
     * Lets them take a step; all workers then add up their gradients.
     *
     * @param rate learning rate
     * @param images number of images of all workers' shards
     * @throws LostWorkerException if one of them has ended
     * @throws InterruptedException if the thread is interrupted
     */
    public void step(double rate, int images) throws IOException, InterruptedException {
        tell(new Order(Kind.STEP, 0, images, rate));
    }

    /**
     * Lets them exchange checksums with this worker, see {@link #difference}.
     *
     * @throws LostWorkerException if one of them has ended
     * @throws InterruptedException if the thread is interrupted
     */
    public void check() throws IOException, InterruptedException {
        tell(new Order(Kind.CHECK, 0, 0, 0));
    }

    /**
     * Compares the checksums of all workers; every worker calls this.
     *
     * @param ring of all workers
     * @param checksum of what this worker has trained
     * @return a line that names the first worker whose checksum is not that of worker 0; empty if
     *     all are equal
     * @throws LostWorkerException if another worker has ended
     * @throws InterruptedException if the thread is interrupted
     */
    public static Optional<String> difference(RingAllReduce ring, long checksum)
            throws IOException, InterruptedException {
        List<String> all =
                ring.gather(ByteBuffer.allocate(Long.BYTES).putLong(checksum).array()).stream()
                        .map(HexFormat.of()::formatHex)
                        .toList();
        return IntStream.range(1, all.size())
                .filter(worker -> !all.get(worker).equals(all.get(0)))
                .mapToObj(
                        worker ->
                                String.format(
                                        "worker %d has other parameters than worker 0 (checksums %s"
                                                + " and %s): look at the memory and the versions of"
                                                + " its machine",
                                        worker, all.get(worker), all.get(0)))
                .findFirst();
    }

    /**
     * Lets them end. One that has ended already is of no concern.
     *
     * @throws IOException if the ring can't be closed
     * @throws InterruptedException if the thread is interrupted
     */
    public void end() throws IOException, InterruptedException {
        try {
            tell(new Order(Kind.END, 0, 0, 0));
        } catch (LostWorkerException e) {
            ring.close();
        }
    }
}
