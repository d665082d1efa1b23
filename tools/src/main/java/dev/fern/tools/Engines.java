package dev.fern.tools;

import ai.djl.engine.Engine;

/** The engines on the class path. */
final class Engines {

    private Engines() {}

    /**
     * Checks that an engine can be used.
     *
     * @throws IllegalArgumentException naming those that can if it can't
     */
    static void require(String name) {
        if (!Engine.hasEngine(name)) {
            throw new IllegalArgumentException(
                    "engine '" + name + "' is not here: use one of " + Engine.getAllEngines());
        }
    }
}
