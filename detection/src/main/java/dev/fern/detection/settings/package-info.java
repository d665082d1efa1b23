/**
 * Settings as records. {@link dev.fern.detection.settings.RecordJson} reads and writes them as
 * JSON, {@link dev.fern.detection.settings.StrictJson} parses what users may have edited, {@link
 * dev.fern.detection.settings.LayeredSettings} lays given settings over defaults and compares them
 * with those of an earlier run.
 */
package dev.fern.detection.settings;
