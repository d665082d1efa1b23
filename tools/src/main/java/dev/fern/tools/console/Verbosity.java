package dev.fern.tools.console;

/** How much a command says on standard error. */
public enum Verbosity {
    /** Nothing but errors. */
    QUIET,
    /** Also progress, notes and warnings. */
    NORMAL,
    /** Also what was decided: engine, threads, precision, data, time. */
    VERBOSE
}
