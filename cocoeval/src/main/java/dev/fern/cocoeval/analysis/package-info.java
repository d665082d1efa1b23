/**
 * What is behind the twelve numbers: where a detector loses precision, how far its scores can be
 * trusted, and which images and labels deserve a look.
 *
 * <p>{@link dev.fern.cocoeval.analysis.Analysis#of} takes what the evaluator takes, matches at one
 * IoU threshold with the evaluator's own {@link dev.fern.cocoeval.Matching}, and gives everything
 * as immutable records, which {@link dev.fern.cocoeval.analysis.Analysis#toJson} writes out.
 */
package dev.fern.cocoeval.analysis;
