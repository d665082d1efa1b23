package dev.fern.tools;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageProblemTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    train --ouput x                | unknown option '--ouput' (did you mean '--output'?)
                    train --foo=1 --bar            | unknown options '--foo', '--bar'
                    trian                          | unknown command 'trian' (did you mean 'train'?)
                    dataset statss                 | unknown command 'statss' (did you mean 'stats'?)
                    help nonsense                  | unknown command 'nonsense'; the commands are demo, train
                    help dataset nonsense          | unknown command 'nonsense'; the commands are check, stats
                    help train more                | 'fern train' has no commands below it
                    train extra-word               | unexpected argument 'extra-word'
                    train resume                   | unexpected argument 'resume' (did you mean '--resume'?)
                    train --output                 | required parameter for option '--output' (DIR)
                    train --output --epocs 3       | option '--output' lacks its value
                    train --output a --output b    | option '--output' is given twice
                    train --lr 1 --lr 2            | option '--lr' (X) should be specified only once
                    verify --epochs 3 images       | unknown option '--epochs'
                    sweep --norm bn                | unknown option '--norm' (did you mean '--norms'?)
                    benchmark detect --lr 1        | unknown option '--lr'
                    train --output x -q -v         | --quiet and --verbose exclude each other
                    evaluate --annotations a --detections b --tile 3 | unknown option '--tile'
                    evaluate --annotations a --detections b --batch-size 3 | --batch-size is for --model
                    evaluate --annotations a --detections b --images . | --images is for --model and --report
                    dataset stats --annotations a --anchor-sizes 1,2,3,4,5 | --anchor-sizes needs --min-size
                    """)
    void whatIsWrongComesBeforeWhatIsMissing(String line, String problem) {
        CommandRun run = CommandRun.of(line.split(" "));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.errors()).hasSize(1);
        assertThat(run.errors().get(0)).startsWith("fern: ").contains(problem);
    }

    @Test
    void helpOfACommandIsItsOwnHelp() {
        assertThat(CommandRun.of("help", "train").out())
                .isEqualTo(CommandRun.of("train", "--help").out());
        assertThat(CommandRun.of("help", "dataset", "stats").out())
                .startsWith("Usage: fern dataset stats");
        assertThat(CommandRun.of("help").out()).startsWith("Usage: fern");
    }

    @Test
    void aNegativeNumberIsAValue() {
        assertThat(CommandRun.of("train", "--output", "x", "--lr", "-1").errors().get(0))
                .contains("no training data");
    }
}
