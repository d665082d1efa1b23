/**
 * Fern on Apache Spark. Spark itself is on no class path of Fern's: the program that calls this
 * package brings it.
 */
package dev.fern.spark;
