package dev.fern.detection.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import com.google.gson.JsonObject;
import dev.fern.backbone.norm.Normalization;
import dev.fern.backbone.parameter.ParameterValues;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetDepth;
import dev.fern.backbone.resnet.Stem;
import dev.fern.detection.image.CanvasRule;
import dev.fern.detection.image.PixelNormalization;
import dev.fern.detection.model.Detector;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.detection.model.PostProcessing;
import dev.fern.detection.model.TinyDetectors;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackboneWeightsTest {

    private static final String ENGINE = "MXNet";
    private static final CanvasRule RULE = new CanvasRule(64, 64);

    @TempDir Path folder;

    /** Returns a classifier whose backbone has the shape of {@link TinyDetectors#configuration}. */
    private static ClassifierConfiguration classifier(
            ResNetDepth depth, double width, String norm, Stem stem) {
        return new ClassifierConfiguration(
                ResNetConfiguration.of(depth, width, stem, Normalization.parse(norm)),
                List.of("ant", "bee", "cat"),
                new ClassifierInput(32, 0.875),
                PixelNormalization.IMAGENET);
    }

    private Path write(ClassifierConfiguration configuration) throws IOException {
        Path model = Files.createDirectories(folder.resolve("classifier"));
        try (Classifier classifier = Classifier.create(configuration, ENGINE, Device.cpu(), 5)) {
            ClassifierDirectory.writeInto(
                    model, configuration, ParameterValues.copyOf(classifier.network()));
        }
        return model;
    }

    private static DetectorConfiguration detector(String norm) {
        return TinyDetectors.configuration(norm, RULE, PostProcessing.DEFAULT);
    }

    @ParameterizedTest
    @CsvSource({
        "frn, frn",
        "frn-eps, frn-eps",
        "gn8, gn8",
        "bn, bn",
        "bn, frozen-bn",
        "frn-tlu, frn",
        "bn-tlu, frozen-bn-tlu"
    })
    void aDetectorStartsFromTheBackboneOfAClassifier(String trained, String norm)
            throws IOException {
        Path model = write(classifier(ResNetDepth.RESNET18, 0.25, trained, Stem.IMAGENET));
        try (Detector detector = Detector.create(detector(norm), ENGINE, 9)) {
            Map<String, Tensor> fresh = detector.copyParameters();
            BackboneWeights.read(model).copyInto(detector);
            assertStartsFrom(detector, fresh, ModelDirectory.readParameters(model));
        }
    }

    @Test
    void aRunStandsForItsBestModel() throws IOException {
        Path model = write(classifier(ResNetDepth.RESNET18, 0.25, "frn", Stem.IMAGENET));
        Path run = Files.createDirectories(folder.resolve("run"));
        Files.move(model, run.resolve("best"));
        assertThat(BackboneWeights.read(run).directory()).isEqualTo(run.resolve("best"));
    }

    @Test
    void aBackboneWithoutAHeadStartsADetectorAndIsNoClassifier() throws IOException {
        ClassifierConfiguration whole = classifier(ResNetDepth.RESNET18, 0.25, "bn", Stem.IMAGENET);
        ClassifierConfiguration alone =
                new ClassifierConfiguration(
                        whole.backbone(), List.of(), whole.input(), whole.normalization());
        Map<String, Tensor> values;
        try (Classifier classifier = Classifier.create(whole, ENGINE, Device.cpu(), 5)) {
            values = new LinkedHashMap<>(ParameterValues.copyOf(classifier.network()));
        }
        values.keySet().removeIf(name -> !name.startsWith("backbone."));
        Classifier.requireFit(alone, values, ENGINE);
        Path model = Files.createDirectories(folder.resolve("backbone"));
        ClassifierDirectory.writeInto(model, alone, values);

        try (Detector detector = Detector.create(detector("frozen-bn"), ENGINE, 9)) {
            Map<String, Tensor> fresh = detector.copyParameters();
            BackboneWeights.read(model).copyInto(detector);
            assertStartsFrom(detector, fresh, values);
        }
        assertThatThrownBy(() -> Classifier.load(model, ENGINE, Device.cpu()))
                .isInstanceOf(IOException.class)
                .hasMessage(model + ": holds a backbone without a classifier's last layer");
        values.remove("backbone.conv1.weight");
        assertThatThrownBy(() -> Classifier.requireFit(alone, values, ENGINE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("backbone.conv1.weight is missing");
    }

    @Test
    void aDetectorStartsFromTheBackboneOfAnotherDetector() throws IOException {
        Path model = folder.resolve("detector");
        try (Detector other = TinyDetectors.lively(detector("frn"), 3);
                Detector detector = Detector.create(detector("frn"), ENGINE, 9)) {
            ModelDirectory.write(model, other.configuration(), other.copyParameters());
            Map<String, Tensor> fresh = detector.copyParameters();
            BackboneWeights.read(model).copyInto(detector);
            assertStartsFrom(detector, fresh, other.copyParameters());
        }
    }

    /**
     * Asserts that every value of the backbone is the stored one, and every other the fresh one.
     */
    private static void assertStartsFrom(
            Detector detector, Map<String, Tensor> fresh, Map<String, Tensor> stored) {
        Map<String, Tensor> expected = new LinkedHashMap<>(fresh);
        stored.forEach(
                (name, value) -> {
                    if (name.startsWith("backbone.")) {
                        expected.put(name, value);
                    }
                });
        assertThat(expected).isNotEqualTo(fresh).hasSameSizeAs(fresh);
        assertThat(detector.copyParameters()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "resnet34, 0.25, frn, imagenet, resnet18 where that is resnet34",
        "resnet50, 0.25, frn, imagenet, resnet18 where that is resnet50",
        "resnet18, 0.5, frn, imagenet, 'widths 16; [16, 32, 64, 128] where that has 32; [32, 64,"
                + " 128, 256]'",
        "resnet18, 0.25, bn, imagenet, the norm frn where that has bn",
        "resnet18, 0.25, frn-relu, imagenet, the norm frn where that has frn-relu",
        "resnet18v2, 0.25, frn, imagenet, resnet18 where that is resnet18v2",
        "resnet18, 0.25, frn, cifar, the stem imagenet where that has cifar"
    })
    void aBackboneOfAnotherShapeIsRefusedNamingTheDifference(
            String depth, double width, String norm, String stem, String difference)
            throws IOException {
        Path model = write(classifier(ResNetDepth.parse(depth), width, norm, Stem.parse(stem)));
        try (Detector detector = Detector.create(detector("frn"), ENGINE, 9)) {
            Map<String, Tensor> fresh = detector.copyParameters();
            BackboneWeights weights = BackboneWeights.read(model);
            assertThatThrownBy(() -> weights.copyInto(detector))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(model.toString())
                    .hasMessageEndingWith("this detector, which has " + difference);
            assertThat(detector.copyParameters()).isEqualTo(fresh);
        }
    }

    @ParameterizedTest
    @CsvSource({"resnet34, 0.25, bn, imagenet", "resnet50v2, 1, gn8, cifar"})
    void itsSettingsDescribeItAndLeaveTheStemToTheDetector(
            String depth, double width, String norm, String stem) throws IOException {
        ClassifierConfiguration shape =
                classifier(ResNetDepth.parse(depth), width, norm, Stem.parse(stem));
        JsonObject settings =
                new BackboneWeights(folder, shape.backbone(), shape.normalization(), Map.of())
                        .settings();
        TrainingConfiguration configuration = TrainingConfiguration.of(List.of(settings));
        assertThat(settings.keySet())
                .containsExactlyInAnyOrder("backbone", "width", "norm", "pixelMean", "pixelStd");
        assertThat(configuration.images().normalization()).isEqualTo(shape.normalization());
        assertThat(configuration.network().architecture().backbone())
                .isEqualTo(
                        ResNetConfiguration.of(
                                ResNetDepth.parse(depth),
                                width,
                                Stem.IMAGENET,
                                Normalization.parse(norm)));
    }

    @Test
    void frozenStatisticsAreNoStartForOnesThatRun() throws IOException {
        Path model = write(classifier(ResNetDepth.RESNET18, 0.25, "frozen-bn", Stem.IMAGENET));
        BackboneWeights weights = BackboneWeights.read(model);
        assertThatThrownBy(() -> weights.requireFit(detector("bn").architecture()))
                .hasMessageContaining("the norm bn where that has frozen-bn");
    }

    @Test
    void parametersThatAreNotThoseOfTheirModelAreRefused() throws IOException {
        ClassifierConfiguration configuration =
                classifier(ResNetDepth.RESNET18, 0.25, "frn", Stem.IMAGENET);
        Path model = write(configuration);
        Map<String, Tensor> values = ModelDirectory.readParameters(model);
        values.remove("backbone.conv1.weight");
        ClassifierDirectory.writeInto(model, configuration, values);
        try (Detector detector = Detector.create(detector("frn"), ENGINE, 9)) {
            BackboneWeights weights = BackboneWeights.read(model);
            assertThatThrownBy(() -> weights.copyInto(detector))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("parameters.safetensors")
                    .hasMessageContaining("backbone.conv1.weight is missing");
        }
        assertThatThrownBy(() -> Classifier.load(model, ENGINE, Device.cpu()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("backbone.conv1.weight is missing");
    }

    @Test
    void aClassifierIsReadAsItWasWritten() throws IOException {
        ClassifierConfiguration configuration =
                classifier(ResNetDepth.RESNET18, 0.125, "frn", Stem.CIFAR);
        FloatBuffer pixels = FloatBuffer.allocate(2 * 3 * 32 * 32);
        for (int i = 0; i < pixels.capacity(); i++) {
            pixels.put(i, (float) Math.sin(i));
        }
        float[] expected;
        try (Classifier classifier = Classifier.create(configuration, ENGINE, Device.cpu(), 5)) {
            expected = classifier.logits(pixels, 2);
        }
        Path model = write(configuration);
        assertThat(ClassifierDirectory.readConfiguration(model)).isEqualTo(configuration);
        try (Classifier classifier = Classifier.load(model, ENGINE, Device.cpu())) {
            assertThat(classifier.logits(pixels, 2)).hasSize(6).isEqualTo(expected);
        }
    }

    @Test
    void eachKindOfModelSaysThatItIsNotTheOther() throws IOException {
        Path classifier = write(classifier(ResNetDepth.RESNET18, 0.125, "frn", Stem.IMAGENET));
        assertThatThrownBy(() -> Detector.load(classifier, ENGINE))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(classifier.resolve("model.json").toString())
                .hasMessageContaining("holds a classifier, not a detector");
        Path detector = folder.resolve("detector");
        try (Detector any = Detector.create(detector("frn"), ENGINE, 1)) {
            ModelDirectory.write(detector, any.configuration(), any.copyParameters());
        }
        assertThatThrownBy(() -> Classifier.load(detector, ENGINE, Device.cpu()))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        detector.resolve("model.json") + ": holds a detector, not a classifier");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"version\": 1 | \"version\": 2 | format version 2",
                "\"ant\" | \"bee\" | two classes have one name",
                "\"inputSize\": 32 | \"inputSize\": \"32\" | inputSize must be a whole number",
                "\"stem\": \"imagenet\" | \"stem\": \"vgg\" | unknown stem",
                "\"backbone\" | \"spine\" | backbone is missing"
            })
    void aDamagedConfigurationIsRefusedNamingWhatIsWrong(
            String text, String replacement, String message) throws IOException {
        Path model = write(classifier(ResNetDepth.RESNET18, 0.125, "frn", Stem.IMAGENET));
        Path file = model.resolve("model.json");
        String json = Files.readString(file);
        assertThat(json).contains(text);
        Files.writeString(file, json.replace(text, replacement));
        for (String kind : List.of("classifier", "backbone")) {
            assertThatThrownBy(
                            () -> {
                                if (kind.equals("classifier")) {
                                    Classifier.load(model, ENGINE, Device.cpu()).close();
                                } else {
                                    BackboneWeights.read(model);
                                }
                            })
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(file.toString())
                    .hasMessageContaining(message);
        }
    }
}
