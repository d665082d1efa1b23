package dev.fern.tools.weights;

import dev.fern.backbone.parameter.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns torchvision's names of a RetinaNet's parameters into Fern's. */
final class TorchvisionNames {

    /** The names of a ResNet below a pyramid begin so. */
    static final String BODY = "backbone.body.";

    /** What a batch norm counts for itself, which nothing reads. */
    private static final String COUNTER = "num_batches_tracked";

    /** A rule that renames what its pattern matches. */
    private record Renaming(Pattern pattern, String replacement) {}

    /**
     * Files of before 2022 count activations as layers of a head, so that convolutions are 0, 2, 4,
     * 6.
     */
    private static final Pattern OLD_HEAD_CONVOLUTION =
            Pattern.compile("(head\\..*_head\\.conv)\\.(\\d{1,4})\\.(weight|bias)");

    private static final Pattern OLD_PYRAMID =
            Pattern.compile("(backbone\\.fpn\\.(?:inner|layer)_blocks\\.\\d+)\\.(weight|bias)");

    private static final List<Renaming> RENAMINGS =
            List.of(
                    new Renaming(Pattern.compile("^backbone\\.body\\."), "backbone."),
                    new Renaming(Pattern.compile("\\.downsample\\.0\\."), ".shortcutConv."),
                    new Renaming(Pattern.compile("\\.downsample\\.1\\."), ".shortcutNorm."),
                    new Renaming(Pattern.compile("\\.bn(\\d)\\."), ".norm$1."),
                    new Renaming(
                            Pattern.compile("^backbone\\.fpn\\.inner_blocks\\.(\\d+)\\.0\\."),
                            "pyramid.lateral$1."),
                    new Renaming(
                            Pattern.compile("^backbone\\.fpn\\.layer_blocks\\.(\\d+)\\.0\\."),
                            "pyramid.output$1."),
                    new Renaming(
                            Pattern.compile("^backbone\\.fpn\\.extra_blocks\\.(p6|p7)\\."),
                            "pyramid.$1."),
                    new Renaming(
                            Pattern.compile("^head\\.(classification|regression)_head\\."), "$1."),
                    new Renaming(Pattern.compile("\\.conv\\.(\\d+)\\.0\\."), ".conv$1."),
                    new Renaming(Pattern.compile("\\.conv\\.(\\d+)\\.1\\."), ".norm$1."),
                    new Renaming(Pattern.compile("\\.(cls_logits|bbox_reg)\\."), ".output."));

    private TorchvisionNames() {}

    /** {@return today's name of a parameter, of which older files have another} */
    static String current(String name) {
        Matcher head = OLD_HEAD_CONVOLUTION.matcher(name);
        if (head.matches()) {
            int index = Integer.parseInt(head.group(2)) / 2;
            return head.group(1) + "." + index + ".0." + head.group(3);
        }
        Matcher pyramid = OLD_PYRAMID.matcher(name);
        return pyramid.matches() ? pyramid.group(1) + ".0." + pyramid.group(2) : name;
    }

    /** {@return Fern's name of a parameter} */
    static String fern(String name) {
        String renamed = name;
        for (Renaming renaming : RENAMINGS) {
            renamed = renaming.pattern().matcher(renamed).replaceAll(renaming.replacement());
        }
        boolean ofNorm = renamed.matches(".*(\\.norm\\d|\\.shortcutNorm)\\.[a-z_]+");
        if (!ofNorm) {
            return renamed;
        }
        // The block that joins norm and activation holds the norm as a child.
        String at = renamed.contains(".shortcutNorm.") ? "" : "norm.";
        int dot = renamed.lastIndexOf('.') + 1;
        String own =
                switch (renamed.substring(dot)) {
                    case "weight" -> "gamma";
                    case "bias" -> "beta";
                    case "running_mean" -> "runningMean";
                    case "running_var" -> "runningVar";
                    default -> renamed.substring(dot);
                };
        return renamed.substring(0, dot) + at + own;
    }

    /** {@return the parameters of a network under Fern's names, without counters} */
    static Map<String, Tensor> fern(Map<String, Tensor> state) {
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        state.forEach(
                (name, tensor) -> {
                    if (!name.endsWith(COUNTER)) {
                        parameters.put(fern(name), tensor);
                    }
                });
        return parameters;
    }
}
