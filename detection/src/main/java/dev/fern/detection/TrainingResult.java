package dev.fern.detection;

import dev.fern.detection.train.RunDirectory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How a training ended that did not fail.
 *
 * @param run its folder
 * @param finished whether it came to its end; otherwise it paused or was asked to stop, and goes on
 *     from its checkpoint when it is resumed
 * @param paused whether it came to where it was to {@linkplain TrainingBuilder#pauseAfter pause}
 * @param lostPatience whether it ended because its score stopped rising
 * @param imagesSkipped how many different training images were left out because they can't be used
 */
public record TrainingResult(
        RunDirectory run,
        boolean finished,
        boolean paused,
        boolean lostPatience,
        int imagesSkipped) {

    /** {@return the model directory of the best model; of the newest one if nothing was scored} */
    public Path model() {
        return Files.isDirectory(run.best()) ? run.best() : run.last();
    }
}
