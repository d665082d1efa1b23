package dev.fern.tools.weights;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/** The programs whose networks are imported, each known by names that the others don't have. */
enum NetworkKind {
    TORCHVISION(
            "torchvision RetinaNet", List.of("head.classification_head.", "head.regression_head.")),
    DETECTRON2(
            "detectron2 RetinaNet",
            List.of("head.cls_subnet.", "head.cls_score.", "head.bbox_subnet.")),
    YHENON(
            "yhenon/pytorch-retinanet",
            List.of("classificationModel.output.", "regressionModel.output.")),
    /** Comes last: detectors have the layers of such a ResNet too. */
    RESNET("classification ResNet", List.of("layer1.0.conv1."));

    private static final Pattern AVERAGE = Pattern.compile("(?i)(^|[._])(ema|swa|averaged?)[._]");

    private final String title;
    private final List<String> marks;

    NetworkKind(String title, List<String> marks) {
        this.title = title;
        this.marks = marks;
    }

    /** {@return what the network is called in messages} */
    String title() {
        return title;
    }

    /** {@return a message that a file holds no network of this kind} */
    String absence() {
        return "not a " + title + ": no tensor is named " + marks.get(0) + "*";
    }

    /**
     * Finds what stands before the names of this kind of network, such as {@code module.}.
     *
     * @param names of tensors
     * @return the prefixes, empty or ending with a dot: those of weights before those of moving
     *     averages of weights, short ones before long ones; an empty list if this is another kind
     */
    List<String> prefixes(Collection<String> names) {
        List<String> prefixes = new ArrayList<>();
        for (String name : names) {
            for (String mark : marks) {
                int at = name.indexOf(mark);
                String prefix = name.substring(0, Math.max(0, at));
                if (at >= 0
                        && (prefix.isEmpty() || prefix.endsWith("."))
                        && !prefixes.contains(prefix)) {
                    prefixes.add(prefix);
                }
            }
        }
        prefixes.sort(
                Comparator.comparing((String prefix) -> AVERAGE.matcher(prefix).find())
                        .thenComparing(String::length));
        return prefixes;
    }
}
