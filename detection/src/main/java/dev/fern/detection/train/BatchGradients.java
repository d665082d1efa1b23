package dev.fern.detection.train;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import dev.fern.backbone.host.EngineThreads;
import dev.fern.backbone.host.HostFunctions;
import dev.fern.backbone.parameter.NamedParameters;
import dev.fern.backbone.parameter.ParameterReplica;
import dev.fern.detection.anchor.AnchorTargets;
import dev.fern.detection.anchor.Anchors;
import dev.fern.detection.loss.DetectionLoss;
import dev.fern.detection.loss.RetinaNetLoss;
import dev.fern.detection.model.Detector;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/**
 * Computes the gradients of batches. Where no norm mixes images, a batch is split among threads or
 * devices, each with gradients of its own, which are added up in a fixed order: the same sum as
 * that of accumulated smaller batches.
 */
public final class BatchGradients implements AutoCloseable {

    private final GradientStep whole;
    private final SgdOptimizer optimizer;
    private final NDManager manager;
    private final List<Worker> workers = new ArrayList<>();
    private final EngineThreads threads;
    private final List<NDArray> parameters;

    /** What computes gradients of its own. */
    private record Worker(ParameterReplica parameters, GradientStep step) {

        DetectionLoss run(
                FloatBuffer pixels,
                int height,
                int width,
                Anchors anchors,
                List<AnchorTargets> targets) {
            parameters.refresh();
            return step.run(pixels, height, width, anchors, targets);
        }
    }

    /**
     * A run of images of a batch.
     *
     * @param loss the mean over these images
     * @param first the first image's index
     * @param end the index after the last image's
     */
    public record Part(DetectionLoss loss, int first, int end) {
        /** Returns how many images these are. */
        public int images() {
            return end - first;
        }
    }

    /**
     * Prepares the threads.
     *
     * @param optimizer takes the gradients
     * @param devices where each thread computes; one for the calling thread and the detector's
     */
    BatchGradients(
            Detector detector, RetinaNetLoss loss, SgdOptimizer optimizer, List<Device> devices) {
        this.optimizer = optimizer;
        whole = new GradientStep(detector, loss);
        parameters = parameters(detector);
        manager = detector.manager().newSubManager();
        threads = new EngineThreads(detector.manager().getEngine().getEngineName(), devices.size());
        for (int i = 0; devices.size() > 1 && i < devices.size(); i++) {
            NDManager own = manager.newSubManager(devices.get(i));
            ParameterReplica replica = new ParameterReplica(detector.network(), own);
            workers.add(new Worker(replica, new GradientStep(detector, loss, replica, own)));
        }
    }

    /** Prepares the devices of a training or, on a single one, as many threads as are of use. */
    public static BatchGradients of(
            TrainingConfiguration configuration, Detector detector, SgdOptimizer optimizer) {
        List<Device> devices = configuration.deviceList();
        List<Device> lanes =
                devices.size() == 1
                        ? Collections.nCopies(lanes(detector), devices.get(0))
                        : devices;
        int used = Math.min(configuration.batchSize(), lanes.size());
        return new BatchGradients(
                detector, configuration.loss(), optimizer, lanes.subList(0, used));
    }

    private static List<NDArray> parameters(Detector detector) {
        return NamedParameters.of(detector.network()).values().stream()
                .map(Parameter::getArray)
                .toList();
    }

    /** Returns how many threads may compute gradients of this detector beside each other. */
    static int lanes(Detector detector) {
        boolean supported = parameters(detector).stream().allMatch(HostFunctions::hasFloats);
        return supported && detector.configuration().architecture().isBatchIndependent()
                ? EngineThreads.available(detector.manager().getEngine().getEngineName())
                : 1;
    }

    /**
     * Computes the gradients of a batch and, if all its losses are finite, adds them to those that
     * the optimiser keeps.
     *
     * @param pixels [N, 3, H, W], normalised
     * @param targets one an image
     * @return the losses of the batch's parts, in order
     */
    public List<Part> accumulate(
            FloatBuffer pixels,
            int height,
            int width,
            Anchors anchors,
            List<AnchorTargets> targets) {
        int images = targets.size();
        int count = Math.min(workers.size(), images);
        if (count < 2) {
            Part part = new Part(whole.run(pixels, height, width, anchors, targets), 0, images);
            if (part.loss.isFinite()) {
                optimizer.accumulate(images);
            }
            return List.of(part);
        }
        // lays weights out in C order, which threads must not do beside each other
        parameters.stream().filter(HostFunctions::hasFloats).forEach(HostFunctions::floats);
        int imageSize = 3 * height * width;
        List<Supplier<Part>> tasks = new ArrayList<>();
        for (int w = 0; w < count; w++) {
            Worker worker = workers.get(w);
            int first = images * w / count;
            int end = images * (w + 1) / count;
            FloatBuffer own = pixels.slice(first * imageSize, (end - first) * imageSize);
            tasks.add(
                    () ->
                            new Part(
                                    worker.run(
                                            own,
                                            height,
                                            width,
                                            anchors,
                                            targets.subList(first, end)),
                                    first,
                                    end));
        }
        List<Part> parts = threads.run(tasks);
        if (parts.stream().allMatch(part -> part.loss.isFinite())) {
            for (int w = 0; w < count; w++) {
                optimizer.accumulate(parts.get(w).images(), workers.get(w).parameters);
            }
        }
        return parts;
    }

    @Override
    public void close() {
        threads.close();
        manager.close();
    }
}
