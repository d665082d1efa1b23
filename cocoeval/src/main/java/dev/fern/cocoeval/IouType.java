package dev.fern.cocoeval;

import java.util.Arrays;
import java.util.Optional;

/** What of an object is compared: pycocotools' {@code iouType}. */
public enum IouType {
    /** Boxes, by intersection over union; pycocotools' name is bbox. */
    BOX("bbox"),
    /** Masks, by intersection over union of their pixels. */
    SEGM("segm"),
    /** Keypoints, by object keypoint similarity. */
    KEYPOINTS("keypoints");

    private final String label;

    IouType(String label) {
        this.label = label;
    }

    /** {@return pycocotools' name: bbox, segm or keypoints} */
    public String label() {
        return label;
    }

    /**
     * Finds a type by name.
     *
     * @param name pycocotools' name, or box
     * @return empty if no type has this name
     */
    public static Optional<IouType> named(String name) {
        return Arrays.stream(values())
                .filter(type -> type.label.equals(name) || type == BOX && name.equals("box"))
                .findFirst();
    }
}
