package dev.fern.tools.console;

import picocli.CommandLine;

/** The exit statuses of a command, besides 0 for done. */
public final class ExitStatus {

    /** Exit status of bad usage and bad input. */
    public static final int BAD_INPUT = CommandLine.ExitCode.USAGE;

    /** Exit status of a fault in Fern or in the machine. */
    public static final int FAULT = CommandLine.ExitCode.SOFTWARE;

    /** Exit status of an interrupted command. */
    public static final int INTERRUPTED = 130;

    private ExitStatus() {}
}
