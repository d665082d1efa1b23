/**
 * The commands of {@code fern dataset}: check, stats, convert and synthesize.
 *
 * <p>Each command is a thin shell around one class that does the work and that other code can use:
 * {@link dev.fern.tools.dataset.ImageFileCheck}, {@link dev.fern.tools.dataset.DatasetStatistics},
 * {@link dev.fern.tools.dataset.VocConverter}, {@link dev.fern.tools.dataset.ShapesSynthesizer}.
 * Data sets come in as COCO instances files (or Pascal VOC) with a folder of images, and go out as
 * COCO instances files. Bad input makes a checked exception whose message is one line naming the
 * file and the record.
 */
package dev.fern.tools.dataset;
