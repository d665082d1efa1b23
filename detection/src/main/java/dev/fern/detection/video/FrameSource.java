package dev.fern.detection.video;

import dev.fern.detection.image.BgrImage;
import java.io.Closeable;
import java.io.IOException;

/** The frames of a video, one after another. Not thread-safe. */
public interface FrameSource extends Closeable {

    /**
     * Goes on to the next frame, without decoding it where the format allows that.
     *
     * @return whether there is one
     * @throws VideoException if the video is damaged or ends within a frame
     * @throws IOException if the video can't be read
     */
    boolean advance() throws IOException;

    /**
     * Decodes the frame that {@link #advance} came to.
     *
     * @return the frame, which the caller closes
     * @throws VideoException if it is damaged or has more pixels than allowed
     * @throws IOException if it can't be read
     */
    BgrImage frame() throws IOException;

    /** {@return how many frames are shown in a second; 0 where the video does not say} */
    double framesPerSecond();

    /** {@return how many frames the video says it has; 0 where it does not say} */
    long frameCount();
}
