package dev.fern.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.fern.backbone.norm.Normalization;
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
        collect(Fern.commandLine(), commands);
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

    private static void collect(CommandLine command, List<CommandLine> commands) {
        commands.add(command);
        command.getSubcommands().values().forEach(sub -> collect(sub, commands));
    }
}
