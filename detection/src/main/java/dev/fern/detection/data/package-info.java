/**
 * From labelled images to batches that a network can take.
 *
 * <p>A {@link dev.fern.detection.data.LabelledSource} says which images there are, where their
 * bytes are, and what is on them: files, rows of a database, or whatever a program has. A {@link
 * dev.fern.detection.data.DetectionDataset} holds them with their target boxes. A {@link
 * dev.fern.detection.data.BatchSampler} plans an epoch: the order, each image's augmentation and
 * which images share a batch, all of it from the seed and before any file is opened. A {@link
 * dev.fern.detection.data.BatchLoader} carries the plan out on threads of its own, a bounded number
 * of batches ahead of the consumer, and delivers it in order. A {@link
 * dev.fern.detection.data.ImageAugmentation} of the user's own is called there.
 *
 * <p>Only images of equal canvas share a batch, and what happens to an image depends on the seed,
 * the epoch and the image's id alone: never on its batch, on threads or on timing.
 */
package dev.fern.detection.data;
