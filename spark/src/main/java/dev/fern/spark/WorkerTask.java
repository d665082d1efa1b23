package dev.fern.spark;

import dev.fern.backbone.host.Devices;
import dev.fern.backbone.loop.WorkerThread;
import dev.fern.backbone.onednn.OneDnn;
import dev.fern.detection.image.OpenCv;
import dev.fern.detection.worker.RingAllReduce;
import dev.fern.detection.worker.RingListener;
import dev.fern.spark.SparkTraining.Outcome;
import java.io.IOException;
import java.io.Serializable;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/**
 * A worker of a training as a task of a barrier stage; a function of Scala, since Spark's interface
 * for Java has no such stage. It takes as many cores as Spark gives the task.
 */
final class WorkerTask extends AbstractFunction1<Iterator<Integer>, Iterator<Outcome>>
        implements Serializable {

    private static final long serialVersionUID = 1L;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final TrainingPlan plan;
    private final byte[] secret;

    /**
     * Makes the task.
     *
     * @param secret by which workers know each other
     */
    WorkerTask(TrainingPlan plan, byte[] secret) {
        this.plan = plan;
        this.secret = secret;
    }

    @Override
    public Iterator<Outcome> apply(Iterator<Integer> ranks) {
        BarrierTaskContext context = BarrierTaskContext.get();
        int cores = context.cpus();
        FutureTask<Optional<Outcome>> work = new FutureTask<>(() -> work(context));
        Thread thread = new WorkerThread(work, "fern-train", cores);
        thread.start();
        try {
            return CollectionConverters.asScala(work.get().stream().iterator());
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause().getMessage(), e.getCause());
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private Optional<Outcome> work(BarrierTaskContext context)
            throws IOException, InterruptedException {
        load();
        int rank = context.partitionId();
        InetAddress own =
                InetAddress.getByName(SparkEnv.get().blockManager().blockManagerId().host());
        try (RingListener listener = RingListener.bind(own)) {
            List<InetSocketAddress> addresses =
                    Stream.of(
                                    context.allGather(
                                            own.getHostAddress()
                                                    + " "
                                                    + listener.address().getPort()))
                            .map(text -> text.split(" "))
                            .map(part -> new InetSocketAddress(part[0], Integer.parseInt(part[1])))
                            .toList();
            try (RingAllReduce ring = listener.join(rank, addresses, secret, PATIENCE)) {
                return rank == 0
                        ? Optional.of(plan.lead(ring, context.stageAttemptNumber() > 0))
                        : plan.follow(ring);
            }
        }
    }

    /** Loads the native libraries before anything else of the training asks for them. */
    private void load() throws IOException {
        NativeLoading.alone(
                () -> {
                    OpenCv.load();
                    OneDnn.isAvailable();
                    return Devices.of("cpu", plan.engine());
                });
    }
}
