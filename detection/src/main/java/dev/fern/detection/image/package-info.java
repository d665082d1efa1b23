/**
 * Photographs in, network input out.
 *
 * <p>An {@link dev.fern.detection.image.ImageReader} checks a file's header and completeness in
 * plain Java and only then lets OpenCV decode it into a {@link dev.fern.detection.image.BgrImage}.
 * A {@link dev.fern.detection.image.CanvasRule} decides, from the image's own size and nothing
 * else, how large the network sees it; an {@link dev.fern.detection.image.ImageTransform} resizes,
 * normalises and pads the pixels into the caller's buffer. OpenCV's matrices are native memory,
 * owned by a {@code BgrImage} and released when that is closed.
 */
package dev.fern.detection.image;
