package dev.fern.tools.console;

import java.util.List;
import java.util.stream.Collectors;

/** A command line as a shell takes it. */
public final class ShellWords {

    private ShellWords() {}

    /** Returns the arguments with spaces between them, quoted where they must be. */
    public static String of(List<String> arguments) {
        return arguments.stream().map(ShellWords::quoted).collect(Collectors.joining(" "));
    }

    private static String quoted(String argument) {
        return argument.matches("[A-Za-z0-9_@%+=:,./-]+")
                ? argument
                : "'" + argument.replace("'", "'\\''") + "'";
    }
}
