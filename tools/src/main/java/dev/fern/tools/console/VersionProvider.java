package dev.fern.tools.console;

import picocli.CommandLine.IVersionProvider;

/** Reads Fern's version from the jar's manifest. */
public final class VersionProvider implements IVersionProvider {

    /**
     * {@return Fern's name and version, such as {@code fern 0.1}; {@code fern (not from a jar)}
     * without a jar}
     */
    public static String version() {
        String version = VersionProvider.class.getPackage().getImplementationVersion();
        return "fern " + (version == null ? "(not from a jar)" : version);
    }

    @Override
    public String[] getVersion() {
        return new String[] {version()};
    }
}
