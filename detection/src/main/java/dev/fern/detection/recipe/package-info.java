/**
 * The recipe of a training: one tree of records, from the file of settings that a person writes to
 * the values that networks, losses, optimiser and loop are made of. Every record checks itself
 * where it is made. The file is flat, so that every setting has one name of its own. {@link
 * dev.fern.detection.recipe.TrainingConfiguration} is the root for detectors, and its defaults
 * stand in {@code defaults.json} beside it. Classifiers share the branches for machine, backbone,
 * loop and optimisation.
 */
package dev.fern.detection.recipe;
