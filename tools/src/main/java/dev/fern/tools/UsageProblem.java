package dev.fern.tools;

import dev.fern.tools.console.ErrorReport;
import dev.fern.tools.console.NearestName;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.MaxValuesExceededException;
import picocli.CommandLine.ParameterException;

/** Says in one line what is wrong with a command line, an unknown word before what is missing. */
final class UsageProblem {

    /** What picocli says where an option has another, unknown one in place of its value. */
    private static final Pattern UNKNOWN_VALUE =
            Pattern.compile("Unknown option: '(.*)'; Expected parameter for option '(.*)' but.*");

    private UsageProblem() {}

    /**
     * Returns what is wrong and where to read on.
     *
     * @param arguments the whole command line
     */
    static String of(ParameterException exception, String... arguments) {
        CommandLine command = exception.getCommandLine();
        List<String> unmatched = command.getUnmatchedArguments();
        String problem =
                unmatched.isEmpty() ? message(exception, arguments) : unknown(unmatched, command);
        return problem + "; see '" + command.getCommandSpec().qualifiedName() + " --help'";
    }

    /** Returns picocli's message without its prefix and without a word that it prints twice. */
    private static String message(ParameterException exception, String[] arguments) {
        Optional<String> twice = givenTwice(exception, arguments);
        if (twice.isPresent()) {
            return "option " + quoted(twice.get()) + " is given twice";
        }
        Matcher value = UNKNOWN_VALUE.matcher(exception.getMessage());
        if (value.matches()) {
            return "option "
                    + quoted(value.group(2))
                    + " lacks its value, and after it comes an "
                    + unknown(List.of(value.group(1)), exception.getCommandLine());
        }
        return ErrorReport.inOneLine(exception.getMessage())
                .replaceFirst("^Error: ", "")
                .replace("option option", "option")
                .replaceFirst("\\.$", "");
    }

    /** Returns the option for which picocli refuses a second match of a group of options. */
    private static Optional<String> givenTwice(ParameterException exception, String[] arguments) {
        if (!(exception instanceof MaxValuesExceededException)) {
            return Optional.empty();
        }
        Set<String> seen = new HashSet<>();
        return Stream.of(arguments)
                .filter(argument -> argument.startsWith("-"))
                .map(argument -> argument.replaceFirst("=.*", ""))
                .filter(name -> !seen.add(name) && !mayBeRepeated(exception, name))
                .findFirst();
    }

    private static boolean mayBeRepeated(ParameterException exception, String option) {
        return Optional.ofNullable(exception.getCommandLine().getCommandSpec().findOption(option))
                .map(found -> found.isMultiValue())
                .orElse(false);
    }

    private static String unknown(List<String> words, CommandLine command) {
        List<String> options =
                words.stream()
                        .filter(word -> word.startsWith("-")) // not the options' values
                        .map(word -> word.replaceFirst("=.*", ""))
                        .distinct()
                        .toList();
        if (options.size() > 1) {
            return options.stream()
                    .map(ErrorReport::inOneLine)
                    .collect(Collectors.joining("', '", "unknown options '", "'"));
        }
        if (options.size() == 1) {
            return "unknown option "
                    + quoted(options.get(0))
                    + advice(options.get(0), command.getCommandSpec().optionsMap().keySet());
        }
        String word = words.get(0);
        return command.getSubcommands().isEmpty()
                ? "unexpected argument "
                        + quoted(word)
                        + advice("--" + word, command.getCommandSpec().optionsMap().keySet())
                : unknownCommand(word, command);
    }

    /** Returns that a command has no command of this name below it, and which it has. */
    static String unknownCommand(String word, CommandLine command) {
        Collection<String> commands = command.getSubcommands().keySet();
        return "unknown command "
                + quoted(word)
                + advice(word, commands)
                + "; the commands are "
                + String.join(", ", commands);
    }

    private static String quoted(String word) {
        return "'" + ErrorReport.inOneLine(word) + "'";
    }

    private static String advice(String typed, Collection<String> known) {
        return NearestName.of(typed, known)
                .map(name -> " (did you mean '" + name + "'?)")
                .orElse("");
    }
}
