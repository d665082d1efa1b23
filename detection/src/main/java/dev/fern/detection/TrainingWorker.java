package dev.fern.detection;

import dev.fern.backbone.host.InstalledEngines;
import dev.fern.detection.data.DetectionDataset;
import dev.fern.detection.data.LabelledImages;
import dev.fern.detection.data.LoaderOptions;
import dev.fern.detection.model.Detector;
import dev.fern.detection.train.DataIdentity;
import dev.fern.detection.train.DetectionTask;
import dev.fern.detection.train.Follower;
import dev.fern.detection.worker.LostWorkerException;
import dev.fern.detection.worker.RingAllReduce;
import java.io.IOException;
import java.util.Optional;

/**
 * A process that takes part in the {@link Training} of another one. It reads the same images, of
 * which it computes its part of every batch, and is told everything else. It writes nothing.
 *
 * @param data opens the training images
 * @param loading how images are read ahead, and whether those that can't be used are skipped
 */
public record TrainingWorker(Source data, LoaderOptions loading) {

    /** Opens the training images. */
    @FunctionalInterface
    public interface Source {
        /**
         * Opens the images.
         *
         * @return the images with their labels
         * @throws IOException naming the file that can't be used
         */
        LabelledImages open() throws IOException;
    }

    /**
     * Takes part in a training until it ends.
     *
     * @param ring of all workers, in which this one is not worker 0; the caller closes it
     * @throws IOException if the images can't be used or are not those of worker 0, which is told;
     *     or if another worker has ended
     * @throws InterruptedException if the thread is interrupted
     */
    public void run(RingAllReduce ring) throws IOException, InterruptedException {
        WorkerSetup setup;
        DetectionDataset images;
        try {
            setup = WorkerSetup.receive(ring);
            images = images(setup);
        } catch (LostWorkerException e) {
            throw e; // there is nobody to tell
        } catch (IOException | IllegalArgumentException e) {
            WorkerSetup.answer(ring, e.getMessage());
            throw e;
        }
        try (Detector detector =
                        setup.configuration()
                                .newDetector(
                                        setup.detector().architecture(),
                                        setup.detector().categories());
                DetectionTask task =
                        new DetectionTask(
                                setup.configuration(),
                                detector,
                                images,
                                Optional.empty(),
                                loading,
                                Optional.empty(),
                                ring.shard())) {
            if (!WorkerSetup.answer(ring, "")) {
                return; // worker 0 says why
            }
            new Follower<>(task, ring).run();
        }
    }

    /** Opens the images, and checks that this process can train on them as worker 0 does. */
    private DetectionDataset images(WorkerSetup setup) throws IOException {
        InstalledEngines.require(setup.configuration().machine().engine());
        LabelledImages labelled = data.open();
        DataIdentity.Part own = DataIdentity.Part.of(labelled.images());
        if (!own.equals(setup.data())) {
            throw new IOException(
                    labelled.name()
                            + ": has "
                            + own
                            + ", but that of worker 0 "
                            + setup.data()
                            + "; give every worker the same files");
        }
        return new DetectorStart(setup.configuration(), line -> {})
                .labelled(labelled, setup.detector().categories());
    }
}
