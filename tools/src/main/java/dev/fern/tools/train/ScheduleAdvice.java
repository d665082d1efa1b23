package dev.fern.tools.train;

import dev.fern.detection.recipe.LoopSettings;
import dev.fern.detection.recipe.Optimization;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Tells where the settings of a training do not fit its length. */
final class ScheduleAdvice {

    /** The part of a training that a warm-up seldom exceeds. */
    private static final double LONGEST_WARMUP = 0.2;

    private ScheduleAdvice() {}

    /**
     * Looks at the settings of a training that begins.
     *
     * @param loop tells how many images make one step
     * @param totalSteps its length
     * @return one line for each kind of trouble; empty if there is none
     */
    static List<String> of(Optimization optimization, LoopSettings loop, long totalSteps) {
        List<String> lines = new ArrayList<>();
        long warmup = optimization.warmup(loop);
        if (warmup >= totalSteps) {
            lines.add(
                    String.format(
                            Locale.ROOT,
                            "the warm-up of %d steps is not shorter than the training of %d, so that"
                                    + " the learning rate never reaches %s; shorten it with"
                                    + " --warmup-steps or train longer",
                            warmup,
                            totalSteps,
                            optimization.learningRate()));
        } else if (warmup > LONGEST_WARMUP * totalSteps) {
            lines.add(
                    String.format(
                            Locale.ROOT,
                            "the warm-up takes %d of the %d steps, more than a fifth; shorten it with"
                                    + " --warmup-steps or train longer",
                            warmup,
                            totalSteps));
        }
        if (optimization.schedule().equals("step") && optimization.milestones().isEmpty()) {
            lines.add(
                    "the schedule is step, and no milestones are set, so that the learning rate does"
                            + " not fall; set them with --set milestones=[0.6,0.8]");
        }
        return lines;
    }
}
