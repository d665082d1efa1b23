package dev.fern.tools;

import ai.djl.engine.Engine;
import java.util.Set;
import java.util.TreeSet;

/** The engines on the class path. */
public final class Engines {

    private Engines() {}

    /**
     * Checks that an engine can be used.
     *
     * @throws IllegalArgumentException naming those that can if it can't
     */
    public static void require(String name) {
        // DJL counts its remote procedure calls as an engine; they have no arrays.
        Set<String> usable = new TreeSet<>(Engine.getAllEngines());
        usable.remove("RPC");
        if (!usable.contains(name)) {
            throw new IllegalArgumentException(
                    "engine '" + name + "' is not here: use one of " + usable);
        }
    }
}
