package dev.fern.tools;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints the help of a command: {@code fern help dataset stats}. */
@Command(
        name = "help",
        description = "Explains a command and all of its options, as fern COMMAND --help does.",
        footer = {"", "Examples:", "  fern help train", "  fern help dataset stats"})
final class HelpCommand implements Runnable {

    @Parameters(
            paramLabel = "COMMAND",
            arity = "0..*",
            description = "The command, such as train or dataset stats. Default: Fern as a whole.")
    private List<String> names = List.of();

    @Spec private CommandSpec spec;

    @Override
    public void run() {
        CommandLine command = spec.root().commandLine();
        for (String name : names) {
            CommandLine next = command.getSubcommands().get(name);
            if (next == null) {
                throw new ParameterException(
                        command,
                        command.getSubcommands().isEmpty()
                                ? "'"
                                        + command.getCommandSpec().qualifiedName()
                                        + "' has no commands below it"
                                : UsageProblem.unknownCommand(name, command));
            }
            command = next;
        }
        command.usage(spec.commandLine().getOut(), spec.commandLine().getColorScheme());
    }
}
