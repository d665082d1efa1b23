/**
 * Commands that run on Apache Spark. Fern has no Spark of its own: {@link
 * dev.fern.tools.spark.SparkOptions} looks for an installed one and starts the command anew in a
 * process that has it on its class path, where {@link dev.fern.spark.SparkDriver} does the work.
 */
package dev.fern.tools.spark;
