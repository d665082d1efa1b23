/**
 * Videos in and out, frame by frame.
 *
 * <p>{@link dev.fern.detection.video.Videos} opens a file or a stream as {@link
 * dev.fern.detection.video.FrameSource}. Motion JPEG is taken apart in plain Java, and each frame
 * is read by the {@link dev.fern.detection.image.ImageReader} that reads images, with the same
 * checks and the same pixels. All else goes through OpenCV's VideoCapture, with what the platform
 * has behind it. A {@link dev.fern.detection.video.VideoFile} writes Motion JPEG. No more than one
 * frame is in memory at a time.
 */
package dev.fern.detection.video;
