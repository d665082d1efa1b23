package dev.fern.tools;

import picocli.CommandLine.IVersionProvider;

/** The version in the jar's manifest. */
final class VersionProvider implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String version = Fern.class.getPackage().getImplementationVersion();
        return new String[] {"fern " + (version == null ? "(not from a jar)" : version)};
    }
}
