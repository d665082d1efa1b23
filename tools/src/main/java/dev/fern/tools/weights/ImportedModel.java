package dev.fern.tools.weights;

import dev.fern.backbone.host.InstalledEngines;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.model.Architecture;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.model.PostProcessing;
import dev.fern.detection.pretrain.Classifier;
import dev.fern.detection.pretrain.ClassifierConfiguration;
import dev.fern.detection.pretrain.ClassifierDirectory;
import dev.fern.detection.pretrain.ClassifierInput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A network that was read from a file of weights, which {@link #write} makes a model of. */
sealed interface ImportedModel {

    /** {@return what was found, such as "torchvision RetinaNet on resnet50"} */
    String title();

    /** {@return the number of classes, a background included where the network has one} */
    int classes();

    /** {@return the values of the network by Fern's names} */
    Map<String, Tensor> parameters();

    /**
     * Writes a model directory.
     *
     * @param directory an empty folder, or none
     * @throws IllegalArgumentException if the parameters are not those of the network, or not
     *     finite
     * @throws IOException if the folder can't be written to
     */
    void write(Path directory) throws IOException;

    /**
     * A detector.
     *
     * @param title says what was found
     * @param architecture its shape
     * @param categories what it finds, in the order of its logits
     * @param canvas how images are resized
     * @param normalization maps pixels to its input
     * @param postProcessing how its outputs become detections
     * @param parameters its values by Fern's names
     */
    record OfDetector(
            String title,
            Architecture architecture,
            List<CocoCategory> categories,
            CanvasRule canvas,
            PixelNormalization normalization,
            PostProcessing postProcessing,
            Map<String, Tensor> parameters)
            implements ImportedModel {

        @Override
        public int classes() {
            return categories.size();
        }

        @Override
        public void write(Path directory) throws IOException {
            ModelDirectory.requireFinite(parameters);
            DetectorConfiguration configuration =
                    new DetectorConfiguration(
                            DetectorConfiguration.VERSION,
                            architecture,
                            categories,
                            canvas,
                            normalization,
                            postProcessing);
            try (Detector detector =
                    Detector.create(configuration, InstalledEngines.preferred(), 0)) {
                ParameterValues.assign(detector.network(), parameters);
            }
            ModelDirectory.write(directory, configuration, parameters);
        }
    }

    /**
     * A classifier, or a backbone without a last layer.
     *
     * @param title says what was found
     * @param backbone its shape
     * @param classes number of classes; 0 for a backbone alone
     * @param parameters its values by Fern's names
     */
    record OfClassifier(
            String title, ResNetConfiguration backbone, int classes, Map<String, Tensor> parameters)
            implements ImportedModel {

        /** What torchvision's and timm's weights are evaluated on. */
        private static final ClassifierInput INPUT = new ClassifierInput(224, 0.875);

        @Override
        public void write(Path directory) throws IOException {
            ModelDirectory.requireFinite(parameters);
            ClassifierConfiguration configuration =
                    new ClassifierConfiguration(
                            backbone,
                            IntStream.range(0, classes).mapToObj(k -> "class " + k).toList(),
                            INPUT,
                            PixelNormalization.IMAGENET);
            Classifier.requireFit(configuration, parameters, InstalledEngines.preferred());
            ModelDirectory.replace(
                    directory,
                    folder -> ClassifierDirectory.writeInto(folder, configuration, parameters));
        }
    }
}
