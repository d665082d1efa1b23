/**
 * The training of a detector from beginning to end. {@link dev.fern.detection.Training} takes data,
 * settings and a folder, and leaves a run there, as {@code fern train} does, which goes through it
 * too. What a run starts from and whether one may be resumed is decided here.
 */
package dev.fern.detection;
