package dev.fern.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.fern.backbone.norm.Normalization;
import dev.fern.detection.recipe.TrainingConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class HelpTest {

    @Test
    void everyCommandTellsWhatItIsForAndWhatItsOptionsDo() {
        List<CommandLine> commands = new ArrayList<>();
        collect(Fern.allCommands(), commands);
        assertThat(commands).hasSizeGreaterThan(9);
        for (CommandLine command : commands) {
            String name = command.getCommandSpec().qualifiedName(" ");
            assertThat(command.getCommandSpec().usageMessage().description()).as(name).isNotEmpty();
            for (OptionSpec option : command.getCommandSpec().options()) {
                assertThat(option.description()).as(name + " " + option.longestName()).isNotEmpty();
            }
            List<String> arguments = new ArrayList<>(Arrays.asList(name.split(" ")));
            arguments.remove(0);
            arguments.add("--help");
            CommandRun help = CommandRun.of(arguments.toArray(String[]::new));
            assertThat(help.status()).as(name).isZero();
            assertThat(help.out()).as(name).startsWith("Usage: " + name);
        }
    }

    @Test
    void everyNormHasItsNameInTheHelpAndInTheDocuments() throws IOException {
        String help = CommandRun.of("train", "--help").out().replaceAll("\\s+", " ");
        String document = Files.readString(Path.of("..", "docs", "training.md"));
        for (String norm : Normalization.NAMES) {
            if (norm.endsWith("-relu") || norm.endsWith("-tlu")) {
                continue; // told by one sentence for all
            }
            assertThat(help).contains(norm);
            assertThat(document).contains("`" + norm + "`");
        }
    }

    @Test
    void everySettingsDefaultInTheHelpIsTheOneInTheFileOfDefaults() {
        JsonObject defaults =
                JsonParser.parseString(TrainingConfiguration.of(List.of()).toJson())
                        .getAsJsonObject();
        CommandLine train = Fern.allCommands().getSubcommands().get("train");
        int checked = 0;
        for (OptionSpec option : train.getCommandSpec().options()) {
            String name = setting(option.longestName());
            if (!defaults.has(name)) {
                continue;
            }
            checked++;
            String value = defaults.get(name).getAsString().replaceFirst("\\.0$", "");
            assertThat(String.join(" ", option.description()))
                    .as(option.longestName())
                    .containsPattern(
                            "Default: (\\S+ )*?" + (value.isEmpty() ? "none" : value) + "[.,;]");
        }
        assertThat(checked).isGreaterThan(20);
    }

    /** Returns the setting that an option sets: its name in camel case, but for two. */
    private static String setting(String option) {
        if (option.equals("--lr")) {
            return "learningRate";
        }
        StringBuilder name = new StringBuilder();
        for (String word : option.substring(2).split("-")) {
            name.append(
                    name.isEmpty() ? word : word.substring(0, 1).toUpperCase() + word.substring(1));
        }
        return name.toString();
    }

    @Test
    void optionsStandInSectionsAndThoseOfAllCommandsComeLast() {
        String help = CommandRun.of("train", "--help").out();
        assertThat(help)
                .containsSubsequence(
                        "\nData:\n",
                        "--train-images",
                        "\nModel:\n",
                        "--backbone",
                        "\nOptimisation:\n",
                        "--lr=",
                        "\nRun:\n",
                        "--output",
                        "\nMachine:\n",
                        "--engine",
                        "\nAll commands:\n",
                        "--quiet",
                        "--verbose",
                        "--color");
        assertThat(CommandRun.of("verify", "--help").out())
                .contains("--batch-size")
                .doesNotContain("--epochs", "--lr", "--patience", "--keep-checkpoints");
        assertThat(CommandRun.of("sweep", "--help").out())
                .contains("--norms", "--seeds")
                .doesNotContain("--norm=", "--seed=");
    }

    @Test
    void coloursComeWhereTheyAreWanted() {
        assertThat(CommandRun.of("train", "--help").out()).doesNotContain("\u001b");
        assertThat(CommandRun.of("train", "--help", "--color=never").out())
                .doesNotContain("\u001b");
        assertThat(CommandRun.of("train", "--color=always", "--help").out())
                .contains("\u001b[1m", "\u001b[33m--epochs");
        assertThat(CommandRun.of("train", "--color=pink").errors().get(0)).contains("--color");
    }

    private static void collect(CommandLine command, List<CommandLine> commands) {
        commands.add(command);
        command.getSubcommands().values().forEach(sub -> collect(sub, commands));
    }
}
