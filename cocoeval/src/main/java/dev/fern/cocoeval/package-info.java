/**
 * COCO data and its evaluation by boxes, masks or keypoints: what pycocotools does, to the last
 * bit. The package depends on Gson alone.
 *
 * <p>Annotations come in through {@link dev.fern.cocoeval.CocoDataset} and detections through
 * {@link dev.fern.cocoeval.CocoResults}, from files or from memory; {@link
 * dev.fern.cocoeval.CocoValidator} judges whether annotations are fit for training, {@link
 * dev.fern.cocoeval.CocoAdvice} where an evaluation can't mean what it seems to. {@link
 * dev.fern.cocoeval.CocoEvaluator} gives the numbers as an {@link dev.fern.cocoeval.Evaluation},
 * {@link dev.fern.cocoeval.Matching} what matched what on each image, {@link
 * dev.fern.cocoeval.PairedBootstrap} whether one detector beats another.
 *
 * <p>{@link dev.fern.cocoeval.IouType} says what of objects is compared. Masks are in {@code
 * cocoeval.mask}, keypoints in {@code cocoeval.keypoint}; {@code Overlaps} brings them together.
 *
 * <p>An evaluation goes through {@code EvaluationInput} (which records count, and in which order),
 * {@code CategoryMatching} (pycocotools' {@code evaluateImg}) and {@code Accumulation} ({@code
 * accumulate}) into {@code EvaluationArrays}, of which {@link dev.fern.cocoeval.Evaluation} takes
 * the twelve numbers, or ten of keypoints ({@code summarize}).
 *
 * <p>The package is larger than others because half of it is hidden: readers, evaluator and data
 * share what files hold beyond sound records (odd ids, flaws of single fields, byte offsets) and
 * columns that nobody else may change. In packages of their own, they would have to make all of it
 * public.
 */
package dev.fern.cocoeval;
