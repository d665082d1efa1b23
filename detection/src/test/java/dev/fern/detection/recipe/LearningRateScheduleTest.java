package dev.fern.detection.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class LearningRateScheduleTest {

    @Test
    void cosineFallsFromTheBaseRateToNothing() {
        LearningRateSchedule schedule = new LearningRateSchedule.Cosine(0.8, 0);
        assertThat(schedule.at(0, 100)).isEqualTo(0.8);
        // The angles are 45, 90 and 180 degrees, then 60 and 120.
        assertThat(schedule.at(25, 100)).isCloseTo(0.4 + 0.4 * Math.sqrt(0.5), within(1e-12));
        assertThat(schedule.at(50, 100)).isCloseTo(0.4, within(1e-12));
        assertThat(schedule.at(100, 100)).isCloseTo(0, within(1e-12));
        assertThat(schedule.at(1000, 100)).isCloseTo(0, within(1e-12));
        LearningRateSchedule thirds = new LearningRateSchedule.Cosine(0.8, 0);
        assertThat(thirds.at(1, 3)).isCloseTo(0.6, within(1e-12));
        assertThat(thirds.at(2, 3)).isCloseTo(0.2, within(1e-12));
    }

    @Test
    void warmUpRisesLinearlyFromTheFirstStepOn() {
        LearningRateSchedule schedule = new LearningRateSchedule.Step(0.5, 4, List.of(), 0.1);
        assertThat(schedule.at(0, 100)).isEqualTo(0.125);
        assertThat(schedule.at(1, 100)).isEqualTo(0.25);
        assertThat(schedule.at(2, 100)).isEqualTo(0.375);
        assertThat(schedule.at(3, 100)).isEqualTo(0.5);
        assertThat(schedule.at(4, 100)).isEqualTo(0.5);
        assertThat(schedule.at(400, 100)).isEqualTo(0.5);
    }

    @Test
    void warmUpMultipliesTheCosine() {
        LearningRateSchedule schedule = new LearningRateSchedule.Cosine(0.8, 100);
        // At step 50 the cosine is one half and the warm-up 51 hundredths.
        assertThat(schedule.at(50, 100)).isCloseTo(0.8 * 0.5 * 0.51, within(1e-12));
    }

    @Test
    void stepsFallAtTheirMilestones() {
        LearningRateSchedule schedule = new LearningRateSchedule.Step(1, 0, List.of(0.1, 0.2), 0.1);
        assertThat(schedule.at(9, 100)).isEqualTo(1);
        assertThat(schedule.at(10, 100)).isCloseTo(0.1, within(1e-15));
        assertThat(schedule.at(19, 100)).isCloseTo(0.1, within(1e-15));
        assertThat(schedule.at(20, 100)).isCloseTo(0.01, within(1e-15));
        assertThat(schedule.at(999, 100)).isCloseTo(0.01, within(1e-15));
    }
}
