/**
 * Settings as records: read from JSON more strictly than Gson does, laid over defaults, and
 * compared with those of an earlier run.
 */
package dev.fern.detection.settings;
