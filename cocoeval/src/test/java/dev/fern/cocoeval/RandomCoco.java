package dev.fern.cocoeval;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** A small random data set with detections near its boxes and away from them, none tied. */
final class RandomCoco {
    final List<CocoImage> images = new ArrayList<>();
    final List<CocoCategory> categories = new ArrayList<>();
    final List<CocoAnnotation> annotations = new ArrayList<>();
    final List<CocoDetection> detections = new ArrayList<>();

    RandomCoco(long seed, int imageCount, int categoryCount) {
        Random random = new Random(seed);
        for (int k = 0; k < categoryCount; k++) {
            categories.add(new CocoCategory(3 * k + 1, "c" + k, ""));
        }
        for (int i = 0; i < imageCount; i++) {
            images.add(new CocoImage(11 * i + 5, i + ".jpg", 640, 480));
            for (int n = random.nextInt(8); n > 0; n--) {
                Box box = box(random);
                long category = categories.get(random.nextInt(categoryCount)).id();
                long image = images.get(i).id();
                annotations.add(
                        new CocoAnnotation(
                                annotations.size() + 1,
                                image,
                                category,
                                box,
                                box.area(),
                                random.nextInt(10) == 0));
                for (int d = random.nextInt(4); d > 0; d--) {
                    double by = 20 * random.nextDouble();
                    Box near = new Box(box.x() + by, box.y() - by, box.width(), box.height());
                    detections.add(new CocoDetection(image, category, near, random.nextDouble()));
                }
            }
            for (int d = random.nextInt(4); d > 0; d--) {
                long category = categories.get(random.nextInt(categoryCount)).id();
                detections.add(
                        new CocoDetection(
                                images.get(i).id(), category, box(random), random.nextDouble()));
            }
        }
        Collections.shuffle(detections, random);
    }

    private static Box box(Random random) {
        return new Box(
                500 * random.nextDouble(),
                300 * random.nextDouble(),
                5 + 150 * random.nextDouble(),
                5 + 150 * random.nextDouble());
    }

    CocoDataset dataset() {
        return CocoDataset.of(images, categories, annotations);
    }

    CocoResults results() {
        return results(detections);
    }

    static CocoResults results(List<CocoDetection> detections) {
        CocoResults.Builder builder = CocoResults.builder();
        detections.forEach(builder::add);
        return builder.build();
    }
}
