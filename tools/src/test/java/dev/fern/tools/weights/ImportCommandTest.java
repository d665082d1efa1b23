package dev.fern.tools.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetVersion;
import dev.fern.detection.anchor.AnchorParameters.Rounding;
import dev.fern.detection.model.DetectorConfiguration;
import dev.fern.detection.model.ModelDirectory;
import dev.fern.tools.CommandRun;
import dev.fern.tools.torch.PickledStateDict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way in which people save a network gives the same model. */
class ImportCommandTest {

    private static Map<String, Tensor> parameters;
    private static Map<String, Tensor> torchvision;

    @TempDir Path folder;

    @BeforeAll
    static void makeNetwork() {
        parameters = SmallDetector.parameters();
        torchvision = renamed(parameters, SmallDetector::torchvisionName);
    }

    private static Map<String, Tensor> renamed(
            Map<String, Tensor> tensors, UnaryOperator<String> renaming) {
        Map<String, Tensor> renamed = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> renamed.put(renaming.apply(name), tensor));
        return renamed;
    }

    private static Map<String, Tensor> prefixed(String prefix) {
        return renamed(torchvision, name -> prefix + name);
    }

    private CommandRun run(String... arguments) {
        return CommandRun.of(
                Stream.concat(
                                Stream.of("import", "--output=" + folder.resolve("model")),
                                Stream.of(arguments))
                        .toArray(String[]::new));
    }

    private void assertImports(CommandRun run) throws IOException {
        assertThat(run.status()).as(String.join("; ", run.errors())).isZero();
        assertThat(ModelDirectory.readParameters(folder.resolve("model"))).isEqualTo(parameters);
    }

    private DetectorConfiguration configuration() throws IOException {
        return ModelDirectory.readConfiguration(folder.resolve("model"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "module.", "model.", "_orig_mod.", "module.model._orig_mod.", "net."})
    void prefixesOfWrappersAreDropped(String prefix) throws IOException {
        Path file = PickledStateDict.save(folder, "", prefixed(prefix));

        CommandRun run = run(file.toString());

        assertImports(run);
        assertThat(run.out()).contains("torchvision RetinaNet", "3 classes");
        assertThat(configuration().architecture().anchors().rounding())
                .isEqualTo(Rounding.TORCHVISION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "model",
                "state_dict",
                "model_state_dict",
                "model_ema",
                "ema.module",
                "net",
                "a.b.c"
            })
    void theModelIsFoundUnderAnyKey(String entry) throws IOException {
        assertImports(run(PickledStateDict.save(folder, entry, prefixed("module.")).toString()));
    }

    @Test
    void weightsArePreferredToTheirAverageAndBothCanBeChosen() throws IOException {
        Map<String, Tensor> average = new LinkedHashMap<>();
        torchvision.forEach(
                (name, tensor) ->
                        average.put(
                                "module." + name,
                                new Tensor(tensor.shape(), new float[tensor.data().length])));
        Path file =
                PickledStateDict.save(folder, Map.of("model_ema", average, "model", torchvision));

        CommandRun run = run(file.toString());

        assertImports(run);
        assertThat(run.errors())
                .anySatisfy(
                        line ->
                                assertThat(line)
                                        .contains("took the weights at model;")
                                        .contains("model_ema (module.*)")
                                        .contains("--entry"));
        Path other = folder.resolve("average");
        assertThat(
                        CommandRun.of(
                                        "import",
                                        file.toString(),
                                        "--entry=model_ema",
                                        "--output=" + other)
                                .status())
                .isZero();
        assertThat(ModelDirectory.readParameters(other).get("pyramid.p6.bias").data())
                .containsOnly(0);
        assertThat(
                        CommandRun.of(
                                        "import",
                                        file.toString(),
                                        "--entry=best",
                                        "--output=" + folder.resolve("best"))
                                .complaints())
                .singleElement()
                .asString()
                .contains("has no tensors under best; it has some under model, model_ema");
    }

    @Test
    void safeTensorsAreRead() throws IOException {
        assertImports(
                run(SmallDetector.save(folder.resolve("w.safetensors"), torchvision).toString()));
    }

    @Test
    void theKindCanBeNamed() throws IOException {
        Path file = PickledStateDict.save(folder, "", torchvision);

        assertThat(run("--detectron2=" + file).complaints())
                .singleElement()
                .asString()
                .contains("not a detectron2 RetinaNet");
        assertThat(run("--resnet=" + file).status()).isZero();
        assertThat(run("--torchvision=" + file, file.toString()).status()).isEqualTo(2);
        assertThat(run().status()).isEqualTo(2);
    }

    @Test
    void aDetectorThatLacksALayerIsNotTakenForABackbone() throws IOException {
        Map<String, Tensor> cut = new LinkedHashMap<>(torchvision);
        cut.keySet().removeIf(name -> name.contains("bbox_reg"));

        assertThat(run(PickledStateDict.save(folder, "", cut).toString()).complaints())
                .singleElement()
                .asString()
                .contains("lacks the convolution head.regression_head.bbox_reg.weight");
        assertThat(folder.resolve("model")).doesNotExist();
    }

    @Test
    void otherNetworksAreRefusedInOneLine() throws IOException {
        Map<String, Tensor> other =
                Map.of("encoder.weight", new Tensor(new long[] {1}, new float[1]));

        assertThat(run(PickledStateDict.save(folder, "", other).toString()).errors())
                .singleElement()
                .asString()
                .contains("holds no network that is imported", "encoder.weight");
    }

    @ParameterizedTest
    @CsvSource({"'', V1_STRIDE_IN_1X1", "--detectron2-base=torchvision, V1"})
    void aDetectronNetworkKeepsItsParameters(String option, ResNetVersion version)
            throws IOException {
        Map<String, Tensor> file = new LinkedHashMap<>();
        torchvision.forEach(
                (name, tensor) -> {
                    boolean output = name.contains("cls_logits") || name.contains("bbox_reg");
                    file.put(
                            SmallDetector.detectron2Name(name),
                            output ? SmallDetector.bySize(tensor) : tensor);
                });
        boolean msra = option.isEmpty();
        if (msra) {
            file.computeIfPresent(
                    "backbone.bottom_up.stem.conv1.weight", (name, tensor) -> mirrored(tensor));
        }
        Path path = PickledStateDict.save(folder, "model", file);

        assertImports(msra ? run(path.toString()) : run(path.toString(), option));

        DetectorConfiguration model = configuration();
        assertThat(model.architecture())
                .isEqualTo(SmallDetector.architecture(version, Rounding.NONE));
        assertThat(model.categories().get(0).id()).isEqualTo(1);
        // Red first: MSRA's means are 103.53, 116.28 and 123.675 for blue, green and red.
        assertThat(255 * model.normalization().mean().get(0)).isCloseTo(123.675, within(1e-9));
        assertThat(255 * model.normalization().std().get(0))
                .isCloseTo(msra ? 1 : 58.395, within(1e-9));
    }

    /** Exchanges the first and the last of three input channels. */
    private static Tensor mirrored(Tensor weights) {
        int plane = 49;
        float[] data = new float[weights.data().length];
        for (int i = 0; i < data.length; i++) {
            int channel = i / plane % 3;
            data[i] = weights.data()[i + (2 - 2 * channel) * plane];
        }
        return new Tensor(weights.shape(), data);
    }

    @Test
    void detectronNetworksThatFernHasNotAreRefusedByName() throws IOException {
        Tensor one = new Tensor(new long[] {1}, new float[1]);
        Map<String, Tensor> file = renamed(torchvision, SmallDetector::detectron2Name);

        file.put("head.cls_subnet.1.weight", one);
        assertThat(run(SmallDetector.save(folder.resolve("a"), file).toString()).complaints())
                .singleElement()
                .asString()
                .contains("MODEL.RETINANET.NORM");
        file.remove("head.cls_subnet.1.weight");
        file.put("backbone.fpn_lateral3.norm.weight", one);
        assertThat(run(SmallDetector.save(folder.resolve("b"), file).toString()).complaints())
                .singleElement()
                .asString()
                .contains("MODEL.FPN.NORM");
        file.remove("backbone.fpn_lateral3.norm.weight");
        file.put("anchor_generator.cell_anchors.0", new Tensor(new long[] {9, 4}, new float[36]));
        assertThat(run(SmallDetector.save(folder.resolve("c"), file).toString()).complaints())
                .singleElement()
                .asString()
                .contains("anchors are not those of the RetinaNet paper");
    }

    @Test
    void aNetworkOfYhenonKeepsItsParameters() throws IOException {
        Map<String, Tensor> file = renamed(torchvision, SmallDetector::yhenonName);
        file.computeIfPresent(
                "regressionModel.output.bias",
                (name, tensor) -> {
                    // Codes are multiplied by 0.1, 0.1, 0.2, 0.2 where boxes are decoded.
                    float[] data = tensor.data().clone();
                    for (int i = 0; i < data.length; i++) {
                        data[i] *= i % 4 < 2 ? 10 : 5;
                    }
                    return new Tensor(tensor.shape(), data);
                });
        Path path = PickledStateDict.save(folder, "", renamed(file, name -> "module." + name));

        CommandRun run = run(path.toString());

        assertThat(run.status()).as(String.join("; ", run.errors())).isZero();
        Map<String, Tensor> read = ModelDirectory.readParameters(folder.resolve("model"));
        assertThat(read.keySet()).isEqualTo(parameters.keySet());
        assertThat(read.get("regression.output.bias").data())
                .usingComparatorWithPrecision(1e-6f)
                .containsExactly(parameters.get("regression.output.bias").data());
        assertThat(read.get("backbone.layer1.1.conv3.weight"))
                .isEqualTo(parameters.get("backbone.layer1.1.conv3.weight"));
        DetectorConfiguration model = configuration();
        assertThat(model.architecture())
                .isEqualTo(SmallDetector.architecture(ResNetVersion.V1, Rounding.NONE_CENTRED));
        assertThat(model.canvas().minSize()).isEqualTo(608);
    }

    @Test
    void categoriesNameTheClasses() throws IOException {
        Path names = folder.resolve("names.json");
        Files.writeString(
                names,
                "{\"images\":[],\"annotations\":[],\"categories\":[{\"id\":9,\"name\":\"c\"},"
                        + "{\"id\":2,\"name\":\"a\"},{\"id\":5,\"name\":\"b\"}]}");
        Path path =
                PickledStateDict.save(folder, "", renamed(torchvision, SmallDetector::yhenonName));

        assertThat(run(path.toString(), "--categories=" + names).status()).isZero();
        assertThat(configuration().categories().stream().map(c -> c.name()))
                .containsExactly("a", "b", "c");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--bn-epsilon=0", "--min-size=5", "--detectron2-base=msra"})
    void optionsWithoutAMeaningAreRefused(String option) throws IOException {
        Map<String, Tensor> body = new LinkedHashMap<>();
        torchvision.forEach(
                (name, tensor) -> {
                    if (name.startsWith("backbone.body.")) {
                        body.put(name.substring("backbone.body.".length()), tensor);
                    }
                });

        assertThat(run(PickledStateDict.save(folder, "", body).toString(), option).complaints())
                .singleElement()
                .asString()
                .contains(option.substring(0, option.indexOf('=')) + " has no meaning");
    }

    @Test
    void aBackboneBelowAnotherDetectorIsTaken() throws IOException {
        Map<String, Tensor> file = new LinkedHashMap<>();
        torchvision.forEach(
                (name, tensor) -> {
                    if (name.startsWith("backbone.body.")) {
                        file.put(name, tensor);
                    }
                });
        file.put("rpn.head.conv.0.0.bias", new Tensor(new long[] {1}, new float[1]));

        CommandRun run = run(PickledStateDict.save(folder, "model", file).toString());

        assertThat(run.status()).as(String.join("; ", run.errors())).isZero();
        assertThat(run.out()).contains("backbone a ResNet of blocks [2, 1, 1, 1]");
        Map<String, Tensor> expected = new LinkedHashMap<>(parameters);
        expected.keySet().removeIf(name -> !name.startsWith("backbone."));
        assertThat(ModelDirectory.readParameters(folder.resolve("model"))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "layer1.0.conv2.weight, '2,1,3,3', ResNeXt",
        "layer2.0.conv3.weight, '4,2,1,1', Wide ResNet",
        "conv1.0.weight, '1,3,3,3', stem of several convolutions",
        "layer1.0.se.fc1.weight, '1,1,1,1', SE-ResNet",
        "layer2.0.downsample.1.weight, '8,8,1,1', average pooling"
    })
    void variantsOfResNetsAreRefusedByName(String name, String shape, String feature)
            throws IOException {
        Map<String, Tensor> body = new LinkedHashMap<>();
        torchvision.forEach(
                (own, tensor) -> {
                    if (own.startsWith("backbone.body.")) {
                        body.put(own.substring("backbone.body.".length()), tensor);
                    }
                });
        long[] sides = Stream.of(shape.split(",")).mapToLong(Long::parseLong).toArray();
        int size = (int) (sides[0] * sides[1] * sides[2] * sides[3]);
        body.put(name, new Tensor(sides, new float[size]));

        assertThat(run(PickledStateDict.save(folder, "", body).toString()).complaints())
                .singleElement()
                .asString()
                .contains(feature);
    }

    @Test
    void theStrideOfImportedResNetsIsInTheThreeByThree() throws IOException {
        assertImports(run(PickledStateDict.save(folder, "", torchvision).toString()));

        assertThat(((ResNetConfiguration) configuration().architecture().backbone()).version())
                .isEqualTo(ResNetVersion.V1);
        assertThat(List.of(ResNetVersion.values())).contains(ResNetVersion.V1_STRIDE_IN_1X1);
    }
}
