package dev.fern.tools.weights;

import dev.fern.backbone.norm.BatchNormalization;
import dev.fern.backbone.parameter.Tensor;
import dev.fern.backbone.resnet.ResNetConfiguration;
import dev.fern.backbone.resnet.ResNetVersion;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A ResNet that torchvision or timm trained as a classifier, or one of the same layers below a
 * detector, as a network of Fern's. The stride of a bottleneck is in its 3x3 convolution (V1.5).
 *
 * @param backbone the network without its classification layer; its norm is batch norm with running
 *     averages
 * @param classes number of classes of its last layer; 0 if it has none
 * @param parameters the values by the names of Fern's classifiers
 */
record ClassificationResNet(
        ResNetConfiguration backbone, int classes, Map<String, Tensor> parameters) {

    /**
     * Understands a state dictionary.
     *
     * @param state tensors by torchvision's names
     * @return the network; tensors that do not belong to a ResNet are left out
     * @throws IllegalArgumentException if it lacks something, or is a variant that Fern does not
     *     have
     */
    static ClassificationResNet of(Map<String, Tensor> state) {
        NamedLayers layers = new NamedLayers("ResNet that classifies", state);
        ResNetConfiguration backbone =
                layers.resNet("", ResNetVersion.V1, new BatchNormalization());
        Map<String, Tensor> body = new LinkedHashMap<>();
        state.forEach(
                (name, tensor) -> {
                    if (name.matches("(conv1|bn1|layer[1-4])\\..+")) {
                        body.put(TorchvisionNames.BODY + name, tensor);
                    }
                });
        Map<String, Tensor> parameters = TorchvisionNames.fern(body);
        Tensor weight = state.get("fc.weight");
        Tensor bias = state.get("fc.bias");
        boolean classifies =
                weight != null
                        && bias != null
                        && weight.shape().length == 2
                        && bias.data().length > 1;
        if (classifies) {
            parameters.put("head.output.weight", weight);
            parameters.put("head.output.bias", bias);
        }
        return new ClassificationResNet(backbone, classifies ? bias.data().length : 0, parameters);
    }
}
