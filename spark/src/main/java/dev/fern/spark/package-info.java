/**
 * Fern on Apache Spark. A DataFrame that names images, or has their bytes, comes in; {@link
 * dev.fern.spark.SparkDetection} lets every executor find the objects of its share with one model,
 * and adds columns with what it found. {@link dev.fern.spark.SparkEvaluation} does so for the
 * images of an annotation file, and evaluates on the driver. {@link dev.fern.spark.SparkTraining}
 * trains, by tasks that wait for each other. {@link dev.fern.spark.SparkDriver} offers all three to
 * programs that are compiled without Spark, which is on no class path of Fern's: the program that
 * calls this package brings it.
 */
package dev.fern.spark;
