package dev.fern.tools.console;

import java.util.List;
import java.util.stream.Collectors;

/** Writes a command line as a shell takes it. */
public final class ShellWords {

    private ShellWords() {}

    /**
     * Joins arguments with spaces and quotes those that need it.
     *
     * @param arguments any texts
     * @return the command line
     */
    public static String of(List<String> arguments) {
        return arguments.stream().map(ShellWords::quoted).collect(Collectors.joining(" "));
    }

    private static String quoted(String argument) {
        return argument.matches("[A-Za-z0-9_@%+=:,./-]+")
                ? argument
                : "'" + argument.replace("'", "'\\''") + "'";
    }
}
