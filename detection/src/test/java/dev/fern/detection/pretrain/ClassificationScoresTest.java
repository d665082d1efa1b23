package dev.fern.detection.pretrain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.fern.detection.pretrain.ClassificationScores.ClassCounts;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassificationScoresTest {

    private static final List<String> SEVEN = List.of("a", "b", "c", "d", "e", "f", "g");

    @Test
    void anImageCountsWhereItsClassIsAmongTheFirstOrTheFirstFive() {
        ClassificationScores.Counter counter = new ClassificationScores.Counter(SEVEN);
        float[] falling = {7, 6, 5, 4, 3, 2, 1};
        counter.add(falling, 0, 0.5);
        counter.add(falling, 1, 1);
        counter.add(falling, 4, 1.5);
        counter.add(falling, 5, 2);
        counter.add(falling, 5, 3);
        ClassificationScores scores = counter.scores();
        assertThat(scores.images()).isEqualTo(5);
        assertThat(scores.top1()).isEqualTo(0.2);
        assertThat(scores.top5()).isEqualTo(0.6);
        assertThat(scores.loss()).isCloseTo(1.6, within(1e-12));
        assertThat(scores.numbers()).containsOnlyKeys("top1", "top5", "loss");
        assertThat(scores.classes())
                .contains(
                        new ClassCounts("a", 1, 1, 1),
                        new ClassCounts("c", 0, 0, 0),
                        new ClassCounts("e", 1, 0, 1),
                        new ClassCounts("f", 2, 0, 0));
    }

    @Test
    void ofEqualLogitsTheFirstClassIsTheAnswer() {
        ClassificationScores.Counter counter = new ClassificationScores.Counter(SEVEN);
        for (int label = 0; label < 7; label++) {
            counter.add(new float[7], label, 1);
        }
        assertThat(counter.scores().top1()).isEqualTo(1 / 7.0);
        assertThat(counter.scores().top5()).isEqualTo(5 / 7.0);
    }

    @Test
    void whatIsNoNumberIsNeverRight() {
        ClassificationScores.Counter counter =
                new ClassificationScores.Counter(List.of("a", "b", "c", "d", "e"));
        float[] none = new float[5];
        Arrays.fill(none, Float.NaN);
        counter.add(none, 0, Double.NaN);
        counter.add(new float[] {0, 3, Float.NaN, 0, 0}, 1, 1);
        ClassificationScores scores = counter.scores();
        assertThat(scores.classes().get(0)).isEqualTo(new ClassCounts("a", 1, 0, 0));
        assertThat(scores.classes().get(1)).isEqualTo(new ClassCounts("b", 1, 0, 1));
    }
}
