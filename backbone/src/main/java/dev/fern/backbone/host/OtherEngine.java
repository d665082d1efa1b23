package dev.fern.backbone.host;

/**
 * An engine of which nothing is known but what DJL's interfaces say. Host functions do not run on
 * it, so that networks are computed by its operators.
 *
 * @param engine DJL's name of the engine
 */
record OtherEngine(String engine) implements EngineBridge {}
