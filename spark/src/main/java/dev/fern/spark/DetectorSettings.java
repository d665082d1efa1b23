package dev.fern.spark;

import ai.djl.Device;
import dev.fern.backbone.host.Devices;
import dev.fern.backbone.onednn.Precision;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.OpenCv;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.PostProcessing;
import java.io.IOException;
import java.io.Serializable;

/**
 * What tells a detector from another: where they are equal, tasks of one executor share it.
 *
 * @param checksum of the model's files
 * @param engine DJL's name of the engine
 * @param devices which device of the executor's machine computes, see {@link Devices}
 * @param precision in which numbers the network is computed
 * @param canvas how images are resized and padded
 * @param postProcessing how outputs become detections
 */
record DetectorSettings(
        String checksum,
        String engine,
        String devices,
        Precision precision,
        CanvasNumbers canvas,
        PostProcessingNumbers postProcessing)
        implements Serializable {

    private static final long serialVersionUID = 1L;

    /** The numbers of a {@link CanvasRule}, as they are sent to executors. */
    record CanvasNumbers(int minSize, int maxSize, int stride) implements Serializable {
        private static final long serialVersionUID = 1L;

        static CanvasNumbers of(CanvasRule rule) {
            return new CanvasNumbers(rule.minSize(), rule.maxSize(), rule.stride());
        }

        CanvasRule rule() {
            return new CanvasRule(minSize, maxSize, stride);
        }
    }

    /** The numbers of a {@link PostProcessing}, as they are sent to executors. */
    record PostProcessingNumbers(
            double scoreThreshold, double nmsIou, int candidatesPerLevel, int maxDetections)
            implements Serializable {
        private static final long serialVersionUID = 1L;

        static PostProcessingNumbers of(PostProcessing own) {
            return new PostProcessingNumbers(
                    own.scoreThreshold(),
                    own.nmsIou(),
                    own.candidatesPerLevel(),
                    own.maxDetections());
        }

        PostProcessing processing() {
            return new PostProcessing(scoreThreshold, nmsIou, candidatesPerLevel, maxDetections);
        }
    }

    /** Loads the detector in an executor, or in the driver. */
    Detector load(ModelFiles model) throws IOException {
        return NativeLoading.alone(
                () -> {
                    OpenCv.load();
                    Device device = Devices.of(devices, engine).get(0);
                    return model.unpacked(
                            directory ->
                                    Detector.builder(directory)
                                            .optEngine(engine)
                                            .optDevice(device)
                                            .optPrecision(precision)
                                            .optCanvas(canvas.rule())
                                            .optPostProcessing(postProcessing.processing())
                                            .load());
                });
    }
}
