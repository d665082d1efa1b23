package dev.fern.detection;

import dev.fern.detection.data.ImageAugmentation;
import dev.fern.detection.data.ImageAugmentation.LabelledBox;
import dev.fern.detection.data.ImageAugmentation.Picture;
import dev.fern.detection.image.BgrImage;
import dev.fern.detection.recipe.LearningRateSchedule;
import dev.fern.detection.train.TrainingListener;
import java.nio.file.Path;
import java.util.List;

/**
 * Trains on a {@link PhotoDatabase} with an augmentation and a schedule of its own, and goes on
 * where it was ended. It prints a line per step.
 */
final class DatabaseTraining {

    /** Turns half of the pictures upside down, boxes and all, and makes noise. */
    static final ImageAugmentation AUGMENTATION =
            (picture, occasion) -> {
                BgrImage image = picture.image();
                byte[] bgr = image.pixels();
                for (int i = 0; i < bgr.length; i++) {
                    int value = (bgr[i] & 0xff) + occasion.random().nextInt(-20, 21);
                    bgr[i] = (byte) Math.max(0, Math.min(255, value));
                }
                image.put(bgr);
                return occasion.random().nextBoolean() ? upsideDown(picture) : picture;
            };

    /** Rises and falls in a way that no ready schedule does. */
    static final LearningRateSchedule SCHEDULE =
            (step, totalSteps) -> 0.005 * (1.1 + Math.sin(7.0 * step / totalSteps));

    private DatabaseTraining() {}

    static Picture upsideDown(Picture picture) {
        int height = picture.image().height();
        List<LabelledBox> boxes =
                picture.boxes().stream()
                        .map(
                                box ->
                                        new LabelledBox(
                                                box.x1(),
                                                height - box.y2(),
                                                box.x2(),
                                                height - box.y1(),
                                                box.label()))
                        .toList();
        return new Picture(picture.image().flipped(false, true), boxes);
    }

    /** Describes the training. */
    static TrainingBuilder builder(PhotoDatabase photos, Path run) throws Exception {
        return Training.builder(run)
                .data(photos.rows())
                .validation(photos.rows())
                .settings(photos.settings(8))
                .setting("emaDecay", 0.9)
                .setting("multiScale", List.of(48, 64))
                .setting("evaluateEvery", 3)
                .setting("checkpointSteps", 1)
                .augmentation(AUGMENTATION)
                .schedule(SCHEDULE);
    }

    /**
     * Trains.
     *
     * @param arguments folder of the database, folder of the run
     */
    public static void main(String[] arguments) throws Exception {
        TrainingListener steps =
                new TrainingListener() {
                    @Override
                    public void step(Step step) {
                        System.out.println("step " + step.step());
                    }
                };
        builder(PhotoDatabase.open(Path.of(arguments[0])), Path.of(arguments[1]))
                .listener(steps)
                .resumeIfBegun()
                .build()
                .run();
        System.out.println("finished");
    }
}
