/**
 * The commands of {@code fern dataset}: check, stats, convert, split, merge, filter, remap and
 * synthesize.
 *
 * <p>Each command is a thin shell around classes that do the work: {@link
 * dev.fern.tools.dataset.ImageFileCheck}, {@link dev.fern.tools.dataset.DatasetStatistics}, the
 * readers and writers of {@link dev.fern.tools.format}, {@code CocoEdit}, {@link
 * dev.fern.tools.dataset.ShapesSynthesizer}. Data sets come in as COCO instances files with a
 * folder of images, and go out as COCO instances files; convert takes and makes other formats. Bad
 * input makes a checked exception whose message is one line naming the file and the record.
 */
package dev.fern.tools.dataset;
