package dev.fern.tools.console;

import picocli.CommandLine.IVersionProvider;

/** The version in the jar's manifest. */
public final class VersionProvider implements IVersionProvider {

    /** Returns Fern's name and version. */
    public static String version() {
        String version = VersionProvider.class.getPackage().getImplementationVersion();
        return "fern " + (version == null ? "(not from a jar)" : version);
    }

    @Override
    public String[] getVersion() {
        return new String[] {version()};
    }
}
