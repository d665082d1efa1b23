package dev.fern.tools.weights;

import dev.fern.cocoeval.CocoCategory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * COCO's 80 categories among the 91 classes of torchvision's models: a class is a category's id.
 */
final class CocoNames {

    /** Number of classes, including the background (0) and ten ids that COCO does not use. */
    static final int CLASSES = 91;

    private static final String[] NAMES = {
        null,
        "person",
        "bicycle",
        "car",
        "motorcycle",
        "airplane",
        "bus",
        "train",
        "truck",
        "boat",
        "traffic light",
        "fire hydrant",
        null,
        "stop sign",
        "parking meter",
        "bench",
        "bird",
        "cat",
        "dog",
        "horse",
        "sheep",
        "cow",
        "elephant",
        "bear",
        "zebra",
        "giraffe",
        null,
        "backpack",
        "umbrella",
        null,
        null,
        "handbag",
        "tie",
        "suitcase",
        "frisbee",
        "skis",
        "snowboard",
        "sports ball",
        "kite",
        "baseball bat",
        "baseball glove",
        "skateboard",
        "surfboard",
        "tennis racket",
        "bottle",
        null,
        "wine glass",
        "cup",
        "fork",
        "knife",
        "spoon",
        "bowl",
        "banana",
        "apple",
        "sandwich",
        "orange",
        "broccoli",
        "carrot",
        "hot dog",
        "pizza",
        "donut",
        "cake",
        "chair",
        "couch",
        "potted plant",
        "bed",
        null,
        "dining table",
        null,
        null,
        "toilet",
        null,
        "tv",
        "laptop",
        "mouse",
        "remote",
        "keyboard",
        "cell phone",
        "microwave",
        "oven",
        "toaster",
        "sink",
        "refrigerator",
        null,
        "book",
        "clock",
        "vase",
        "scissors",
        "teddy bear",
        "hair drier",
        "toothbrush"
    };

    private CocoNames() {}

    /** {@return a category for each class; those that COCO does not have are called "class N"} */
    static List<CocoCategory> byClass() {
        List<CocoCategory> categories = new ArrayList<>(CLASSES);
        for (int id = 0; id < CLASSES; id++) {
            String name = NAMES[id] == null ? "class " + id : NAMES[id];
            categories.add(new CocoCategory(id, name, ""));
        }
        return Collections.unmodifiableList(categories);
    }

    /** {@return COCO's 80 categories in the order of their ids} */
    static List<CocoCategory> categories() {
        return byClass().stream().filter(category -> NAMES[(int) category.id()] != null).toList();
    }
}
