package dev.fern.detection.data;

import dev.fern.cocoeval.Box;
import dev.fern.cocoeval.CocoAnnotation;
import dev.fern.cocoeval.CocoCategory;
import dev.fern.detection.image.ImageSize;
import dev.fern.detection.image.ImageSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes the targets of one image after another and counts what it leaves out. */
final class TargetBuilder {

    private final Map<Long, Integer> labels = new HashMap<>();
    private int emptyBoxes;
    private int crowds;

    TargetBuilder(List<CocoCategory> categories) {
        for (CocoCategory category : categories) {
            labels.put(category.id(), labels.size());
        }
    }

    /** Counts the crowds of an image that is not in use. Runs know their data by the sum. */
    void countCrowds(List<CocoAnnotation> annotations) {
        crowds += (int) annotations.stream().filter(CocoAnnotation::crowd).count();
    }

    Sample sample(
            long imageId, ImageSource image, ImageSize size, List<CocoAnnotation> annotations) {
        float[] boxes = new float[4 * annotations.size()];
        int[] targets = new int[annotations.size()];
        int count = 0;
        for (CocoAnnotation annotation : annotations) {
            if (annotation.crowd()) {
                crowds++;
                continue;
            }
            Box box = annotation.box();
            float x1 = clip(box.x(), size.width());
            float y1 = clip(box.y(), size.height());
            float x2 = clip(box.x2(), size.width());
            float y2 = clip(box.y2(), size.height());
            if (!(x2 > x1 && y2 > y1)) {
                emptyBoxes++;
                continue;
            }
            boxes[4 * count] = x1;
            boxes[4 * count + 1] = y1;
            boxes[4 * count + 2] = x2;
            boxes[4 * count + 3] = y2;
            targets[count++] = label(annotation);
        }
        return new Sample(
                imageId,
                image,
                size,
                Arrays.copyOf(boxes, 4 * count),
                Arrays.copyOf(targets, count));
    }

    /** Returns the number of boxes without area within their image. */
    int emptyBoxes() {
        return emptyBoxes;
    }

    /** Returns the number of crowds. */
    int crowds() {
        return crowds;
    }

    private int label(CocoAnnotation annotation) {
        Integer label = labels.get(annotation.categoryId());
        if (label == null) {
            throw new IllegalArgumentException(
                    String.format(
                            "annotation %d: no category has the id %d",
                            annotation.id(), annotation.categoryId()));
        }
        return label;
    }

    private static float clip(double position, int length) {
        return (float) Math.max(0, Math.min(length, position));
    }
}
